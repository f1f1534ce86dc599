package dev.tenon.host;

import dev.tenon.auth.issue.Issuer;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** The authority of a test host's plugins, which certifies beside that whatever a test asks for. */
final class OpenAuthority implements Issuer {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final KeyPair keys = CertificateRequest.newKeyPair();
  private final X500Name name = new X500Name("CN=open authority " + SERIAL.incrementAndGet());
  private final X509Certificate own;

  OpenAuthority() {
    Order order = new Order(name, keys.getPrivate(), keys.getPublic());
    order.subject = name;
    order.authority = true;
    own = order.certificate();
  }

  @Override
  public List<X509Certificate> issue(SpiffeId id, PublicKey key) {
    return List.of(leaf(id, key).certificate());
  }

  @Override
  public List<X509Certificate> trustBundle() {
    return List.of(own);
  }

  /** Returns an order for a leaf as Tenon has it. */
  Order leaf(SpiffeId id, PublicKey key) {
    return new Order(name, keys.getPrivate(), key)
        .uri(id.toString())
        .dns(id instanceof SpiffeId.OfHost ? "host.tenon.internal" : "plugin.tenon.internal");
  }

  /** Returns an order for a leaf that its own key signs. */
  static Order selfSigned(SpiffeId id, KeyPair keys) {
    X500Name self = new X500Name("CN=self");
    return new Order(self, keys.getPrivate(), keys.getPublic())
        .subject(self.toString())
        .uri(id.toString())
        .dns("plugin.tenon.internal");
  }

  /** Returns a leaf of a new key with that key, trusting {@code bundle}. */
  Credentials credentials(SpiffeId id, List<X509Certificate> bundle) {
    KeyPair leafKeys = CertificateRequest.newKeyPair();
    return Credentials.of(
        leafKeys.getPrivate(), List.of(leaf(id, leafKeys.getPublic()).certificate()), bundle);
  }

  /** What a certificate is to say. */
  static final class Order {
    private final X500Name issuer;
    private final PrivateKey signer;
    private final PublicKey key;
    private final List<GeneralName> names = new ArrayList<>();
    private X500Name subject = new X500Name("CN=leaf");
    private Instant from = Instant.now().minus(Duration.ofMinutes(5));
    private Instant to = Instant.now().plus(Duration.ofHours(1));
    private boolean authority;

    private Order(X500Name issuer, PrivateKey signer, PublicKey key) {
      this.issuer = issuer;
      this.signer = signer;
      this.key = key;
    }

    Order subject(String distinguishedName) {
      subject = new X500Name(distinguishedName);
      return this;
    }

    Order uri(String uri) {
      names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
      return this;
    }

    Order dns(String dns) {
      names.add(new GeneralName(GeneralName.dNSName, dns));
      return this;
    }

    Order email(String address) {
      names.add(new GeneralName(GeneralName.rfc822Name, address));
      return this;
    }

    Order valid(Instant from, Instant to) {
      this.from = from;
      this.to = to;
      return this;
    }

    X509Certificate certificate() {
      try {
        JcaX509v3CertificateBuilder builder =
            new JcaX509v3CertificateBuilder(
                issuer,
                BigInteger.valueOf(SERIAL.incrementAndGet()),
                Date.from(from),
                Date.from(to),
                subject,
                key);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
        builder.addExtension(
            Extension.keyUsage,
            true,
            new KeyUsage(authority ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
        if (!authority) {
          builder.addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(
                  new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                  }));
          builder.addExtension(
              Extension.subjectAlternativeName,
              subject.getRDNs().length == 0, // RFC 5280, section 4.2.1.6
              new GeneralNames(names.toArray(GeneralName[]::new)));
        }
        return new JcaX509CertificateConverter()
            .getCertificate(
                builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
