package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.transport.Credentials;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority for tests. Thread-safe. */
public final class TestAuthority {
  private final SecureRandom random = new SecureRandom();
  private final KeyPair keys;
  private final X500Name name;
  private final String serverName;
  private final X509Certificate root;

  public TestAuthority(String name, String serverName) {
    this.name = new X500Name("CN=" + name);
    this.serverName = serverName;
    keys = CertificateRequest.newKeyPair();
    root = root();
  }

  private TestAuthority(TestAuthority same, String serverName) {
    name = same.name;
    keys = same.keys;
    root = same.root;
    this.serverName = serverName;
  }

  /** Returns the same authority, which puts {@code serverName} into what it issues. */
  public TestAuthority named(String serverName) {
    return new TestAuthority(this, serverName);
  }

  public List<X509Certificate> bundle() {
    return List.of(root);
  }

  /** Returns credentials for {@code id}, valid now, that trust {@code trusted}. */
  Credentials credentials(SpiffeId id, List<X509Certificate> trusted) {
    return credentials(id, trusted, Instant.now().plus(Duration.ofHours(1)));
  }

  Credentials credentials(SpiffeId id, List<X509Certificate> trusted, Instant notAfter) {
    KeyPair own = CertificateRequest.newKeyPair();
    return Credentials.of(own.getPrivate(), List.of(issue(id, own.getPublic(), notAfter)), trusted);
  }

  public X509Certificate issue(SpiffeId id, PublicKey key, Instant notAfter) {
    try {
      var builder = builder(new X500Name("CN=leaf"), key, notAfter);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName[] {
                new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()),
                new GeneralName(GeneralName.dNSName, serverName)
              }));
      return sign(builder);
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate root() {
    try {
      var builder = builder(name, keys.getPublic(), Instant.now().plus(Duration.ofDays(1)));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return sign(builder);
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
  }

  private JcaX509v3CertificateBuilder builder(X500Name subject, PublicKey key, Instant notAfter) {
    return new JcaX509v3CertificateBuilder(
        name,
        new BigInteger(127, random).add(BigInteger.ONE),
        Date.from(Instant.now().minus(Duration.ofDays(1))),
        Date.from(notAfter),
        subject,
        key);
  }

  private X509Certificate sign(JcaX509v3CertificateBuilder builder) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }
}
