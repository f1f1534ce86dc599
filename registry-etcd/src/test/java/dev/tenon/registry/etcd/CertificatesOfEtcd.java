package dev.tenon.registry.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** An authority as an operator of etcd has one, with the files that it writes into a folder. */
final class CertificatesOfEtcd {
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final Path folder;
  private final X500Name name;
  private final KeyPair keys = newKeys();
  private final Path root;

  /** A certificate and its key, each a file in PEM. */
  record Pair(Path certificate, Path key) {}

  CertificatesOfEtcd(Path folder, String name) {
    this.folder = folder;
    this.name = new X500Name("CN=" + name);
    root = write(name + ".crt", "CERTIFICATE", certify(this.name, keys, /* names= */ null));
  }

  /** Returns the file of its own certificate. */
  Path root() {
    return root;
  }

  /** Issues a certificate that is good for either end of a connection, and for the name alone. */
  Pair issue(String file, String dnsName) {
    KeyPair own = newKeys();
    GeneralNames names = new GeneralNames(new GeneralName(GeneralName.dNSName, dnsName));
    return new Pair(
        write(file + ".crt", "CERTIFICATE", certify(new X500Name("CN=" + file), own, names)),
        write(file + ".key", "PRIVATE KEY", own.getPrivate().getEncoded()));
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] certify(X500Name subject, KeyPair own, @Nullable GeneralNames names) {
    Instant now = Instant.now();
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.valueOf(SERIAL.getAndIncrement()),
              Date.from(now.minus(Duration.ofHours(1))),
              Date.from(now.plus(Duration.ofDays(1))),
              subject,
              own.getPublic());
      boolean isRoot = names == null;
      builder.addExtension(
          Extension.basicConstraints, /* isCritical= */ true, new BasicConstraints(isRoot));
      builder.addExtension(
          Extension.keyUsage,
          /* isCritical= */ true,
          new KeyUsage(isRoot ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
      if (names != null) {
        builder.addExtension(Extension.subjectAlternativeName, /* isCritical= */ false, names);
        builder.addExtension(
            Extension.extendedKeyUsage,
            /* isCritical= */ false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      }
      return builder
          .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
          .getEncoded();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path write(String file, String kind, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    try {
      Path written = folder.resolve(file);
      Files.writeString(
          written, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
      return Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
