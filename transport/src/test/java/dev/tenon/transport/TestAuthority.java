package dev.tenon.transport;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
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

/** A certificate authority that issues whatever a test asks for, right or wrong. */
final class TestAuthority {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final KeyPair keys = CertificateRequest.newKeyPair();
  private final X500Name name = new X500Name("CN=test authority " + SERIAL.get());
  private final X509Certificate certificate;

  TestAuthority() {
    this.certificate =
        new Order(name, name, keys, keys.getPrivate())
            .ca(true)
            .usage(KeyUsage.keyCertSign | KeyUsage.cRLSign)
            .purposes()
            .certificate();
  }

  X509Certificate certificate() {
    return certificate;
  }

  List<X509Certificate> bundle() {
    return List.of(certificate);
  }

  /** Returns an order for a leaf as Tenon has it, with one URI and one DNS name. */
  Order leaf(String uri, String dns) {
    return new Order(
            name, new X500Name("CN=leaf"), CertificateRequest.newKeyPair(), keys.getPrivate())
        .uri(uri)
        .dns(dns);
  }

  /** Returns an order for an authority below this one, with {@code keys}. */
  Order below(String subject, KeyPair keys) {
    return below(certificate, this.keys, subject, keys);
  }

  /** Returns an order for an authority below {@code issuer}. */
  static Order below(X509Certificate issuer, KeyPair issuerKeys, String subject, KeyPair keys) {
    return new Order(
            subjectOf(issuer), new X500Name("CN=" + subject), keys, issuerKeys.getPrivate())
        .ca(true)
        .usage(KeyUsage.keyCertSign)
        .purposes();
  }

  /** Returns an order for a leaf below {@code issuer}. */
  static Order leafOf(X509Certificate issuer, KeyPair issuerKeys, String uri, String dns) {
    return new Order(
            subjectOf(issuer),
            new X500Name("CN=leaf"),
            CertificateRequest.newKeyPair(),
            issuerKeys.getPrivate())
        .uri(uri)
        .dns(dns);
  }

  private static X500Name subjectOf(X509Certificate certificate) {
    return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
  }

  /** Returns an order for a leaf that signs itself. */
  static Order selfSigned(String uri, String dns) {
    KeyPair own = CertificateRequest.newKeyPair();
    X500Name name = new X500Name("CN=self");
    return new Order(name, name, own, own.getPrivate()).uri(uri).dns(dns);
  }

  /** What a certificate is to say. */
  static final class Order {
    private final X500Name issuer;
    private final X500Name subject;
    private final Map<ASN1ObjectIdentifier, ASN1Encodable> critical = new LinkedHashMap<>();
    private KeyPair keys;
    private final PrivateKey issuerKey;
    private final List<GeneralName> names = new ArrayList<>();
    private Instant from = Instant.now().minus(Duration.ofMinutes(5));
    private Instant to = Instant.now().plus(Duration.ofHours(1));
    private boolean ca;
    private int usage = KeyUsage.digitalSignature;
    private String signature = "SHA256withECDSA";
    private KeyPurposeId[] purposes = {
      KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
    };

    private Order(X500Name issuer, X500Name subject, KeyPair keys, PrivateKey issuerKey) {
      this.issuer = issuer;
      this.subject = subject;
      this.keys = keys;
      this.issuerKey = issuerKey;
    }

    Order uri(String uri) {
      return name(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
    }

    Order dns(String dns) {
      return name(new GeneralName(GeneralName.dNSName, dns));
    }

    Order name(GeneralName name) {
      names.add(name);
      return this;
    }

    Order withoutNames() {
      names.clear();
      return this;
    }

    Order valid(Instant from, Instant to) {
      this.from = from;
      this.to = to;
      return this;
    }

    Order ca(boolean ca) {
      this.ca = ca;
      return this;
    }

    Order usage(int usage) {
      this.usage = usage;
      return this;
    }

    Order purposes(KeyPurposeId... purposes) {
      this.purposes = purposes;
      return this;
    }

    Order keys(KeyPair other) {
      keys = other;
      return this;
    }

    /** Adds an extension that whoever checks must understand. */
    Order critical(ASN1ObjectIdentifier oid, ASN1Encodable value) {
      critical.put(oid, value);
      return this;
    }

    Order signature(String signature) {
      this.signature = signature;
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
                keys.getPublic());
        if (ca) {
          builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
        }
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        for (Map.Entry<ASN1ObjectIdentifier, ASN1Encodable> added : critical.entrySet()) {
          builder.addExtension(added.getKey(), true, added.getValue());
        }
        if (purposes.length > 0) {
          builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
        }
        if (!names.isEmpty()) {
          builder.addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(names.toArray(GeneralName[]::new)));
        }
        return new JcaX509CertificateConverter()
            .getCertificate(builder.build(new JcaContentSignerBuilder(signature).build(issuerKey)));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    /** Returns the leaf with its key, trusting what {@code trusted} issues. */
    Credentials credentials(TestAuthority trusted) {
      return Credentials.of(keys.getPrivate(), List.of(certificate()), trusted.bundle());
    }

    /** Returns the leaf with its key and {@code issuers} after it, trusting {@code bundle}. */
    Credentials credentials(List<X509Certificate> issuers, List<X509Certificate> bundle) {
      List<X509Certificate> chain = new ArrayList<>(List.of(certificate()));
      chain.addAll(issuers);
      return Credentials.of(keys.getPrivate(), chain, bundle);
    }

    PrivateKey key() {
      return keys.getPrivate();
    }
  }
}
