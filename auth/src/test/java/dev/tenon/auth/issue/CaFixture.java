package dev.tenon.auth.issue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** An authority of a test's own, good or broken, and its files. */
record CaFixture(X509Certificate certificate, KeyPair keys) {
  /** What a certificate of an authority may lack. */
  enum Form {
    GOOD,
    NOT_CA,
    NO_KEY_USAGE,
    NO_CERT_SIGN,
    /** Good, and may issue to no other authority. */
    NONE_BELOW
  }

  /** Returns an authority that {@code above} signed; null: that signed itself. */
  static CaFixture make(
      String name, KeyPair keys, @Nullable CaFixture above, Form form, Instant from, Instant to)
      throws GeneralSecurityException, IOException, OperatorCreationException {
    X500Name subject = new X500Name("CN=" + name);
    X500Name issuer =
        above == null
            ? subject
            : X500Name.getInstance(above.certificate().getSubjectX500Principal().getEncoded());
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(Math.abs((long) name.hashCode()) + 1),
            Date.from(from),
            Date.from(to),
            subject,
            keys.getPublic());
    builder.addExtension(
        Extension.basicConstraints,
        true,
        form == Form.NONE_BELOW
            ? new BasicConstraints(0)
            : new BasicConstraints(form != Form.NOT_CA));
    if (form != Form.NO_KEY_USAGE) {
      int usage = form == Form.NO_CERT_SIGN ? KeyUsage.digitalSignature : KeyUsage.keyCertSign;
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
    }
    KeyPair signing = above == null ? keys : above.keys();
    String algorithm =
        signing.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return new CaFixture(
        new JcaX509CertificateConverter()
            .getCertificate(
                builder.build(new JcaContentSignerBuilder(algorithm).build(signing.getPrivate()))),
        keys);
  }

  static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  String certificatePem() throws GeneralSecurityException {
    return pem("CERTIFICATE", certificate.getEncoded());
  }

  String keyPem() {
    return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
  }

  /** Writes {@code text} into a file for its owner alone. */
  static Path file(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }
}
