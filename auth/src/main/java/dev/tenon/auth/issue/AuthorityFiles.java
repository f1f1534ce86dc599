package dev.tenon.auth.issue;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The files of an authority: its certificate in PEM, self-signed, and its P-256 key, PKCS#8 in PEM,
 * encrypted if there is a file with its passphrase. Immutable.
 *
 * <p>It is a root of its own because peers trust it and nothing else: below a root that others
 * share, whatever else that root leads to could pass for the host or for a plugin.
 */
public record AuthorityFiles(Path certificate, Path key, Optional<Path> passphrase) {
  /** Bit of keyUsage (RFC 5280, section 4.2.1.3). */
  private static final int KEY_CERT_SIGN = 5;

  private static final Set<PosixFilePermission> OF_THE_OWNER =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private static final Set<PosixFilePermission> OF_OTHER_WRITERS =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  /** Checks for null. */
  public AuthorityFiles {
    requireNonNull(certificate, "certificate");
    requireNonNull(key, "key");
    requireNonNull(passphrase, "passphrase");
  }

  /** Returns the files of an authority whose key is not encrypted: its mode alone protects it. */
  public AuthorityFiles(Path certificate, Path key) {
    this(certificate, key, Optional.empty());
  }

  /** Returns these files with a key that is encrypted; {@code file} has the passphrase. */
  public AuthorityFiles encrypted(Path file) {
    return new AuthorityFiles(certificate, key, Optional.of(file));
  }

  /** What was read and found good. */
  record Read(X509Certificate certificate, PrivateKey key) {
    @Override
    public String toString() {
      return "Read[" + certificate.getSubjectX500Principal() + ", redacted]";
    }
  }

  /**
   * Reads and checks both files.
   *
   * @throws ConfigException if one is missing, cannot be read, is not what it should be, or does
   *     not fit the other, or belongs to another user; it names the file and what was expected
   */
  Read read(Instant now) throws ConfigException {
    return read(now, OwnUser.current());
  }

  /** Reads both files as {@code own} may. */
  Read read(Instant now, OwnUser own) throws ConfigException {
    own.requireOwn(certificate);
    own.requireOwn(key);
    if (passphrase.isPresent()) {
      own.requireOwn(passphrase.get());
    }
    checkWriters(certificate);
    List<X509Certificate> all = PemFile.certificates(certificate);
    if (all.size() != 1) {
      throw wrong(certificate, all.size() + " certificates", "one, the authority's own");
    }
    X509Certificate issuing = all.get(0);
    checkIssuing(issuing, now);
    checkSelfSigned(issuing);
    if (!P256.isKey(issuing.getPublicKey())) {
      throw wrong(
          certificate,
          "its key is " + issuing.getPublicKey().getAlgorithm(),
          "a key on the curve P-256, secp256r1");
    }
    PrivateKey signing = signingKey();
    if (!isPair(signing, issuing.getPublicKey())) {
      throw wrong(key, "does not belong to " + certificate, "the key of that certificate");
    }
    return new Read(issuing, signing);
  }

  private void checkIssuing(X509Certificate ca, Instant now) throws ConfigException {
    try {
      ca.checkValidity(Date.from(now));
    } catch (CertificateExpiredException e) {
      throw wrong(
          certificate,
          "expired at " + ca.getNotAfter().toInstant(),
          "a certificate that is valid at " + now);
    } catch (CertificateNotYetValidException e) {
      throw wrong(
          certificate,
          "not valid before " + ca.getNotBefore().toInstant(),
          "a certificate that is valid at " + now);
    }
    if (ca.getBasicConstraints() < 0) {
      throw wrong(certificate, "not an authority", "basicConstraints with CA:TRUE");
    }
    boolean[] usage = ca.getKeyUsage();
    if (usage == null || !usage[KEY_CERT_SIGN]) {
      throw wrong(certificate, "may not sign certificates", "keyUsage with keyCertSign");
    }
  }

  private void checkSelfSigned(X509Certificate issuing) throws ConfigException {
    try {
      if (issuing.getIssuerX500Principal().equals(issuing.getSubjectX500Principal())) {
        issuing.verify(issuing.getPublicKey());
        return;
      }
    } catch (GeneralSecurityException e) {
      // Said below.
    }
    throw wrong(
        certificate, "signed by another", "a self-signed certificate: peers trust it alone");
  }

  private PrivateKey signingKey() throws ConfigException {
    checkMode(key);
    byte[] der = passphrase.isPresent() ? decrypted(passphrase.get()) : PemFile.privateKey(key);
    try {
      PrivateKey parsed =
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
      if (parsed instanceof ECPrivateKey ec && P256.isOfCurve(ec.getParams())) {
        return parsed;
      }
    } catch (GeneralSecurityException e) {
      // Said below. The reason may show parts of the key.
    }
    throw wrong(key, "another key", "PKCS#8, on the curve P-256, secp256r1");
  }

  /** Returns the passphrase, which the caller wipes; empty if there is to be none. */
  Optional<char[]> readPassphrase() throws ConfigException {
    if (passphrase.isEmpty()) {
      return Optional.empty();
    }
    checkMode(passphrase.get());
    return Optional.of(PemFile.line(passphrase.get()));
  }

  private byte[] decrypted(Path file) throws ConfigException {
    char[] secret = readPassphrase().orElseThrow();
    try {
      return EncryptedKey.open(PemFile.encryptedKey(key), secret);
    } catch (GeneralSecurityException e) {
      throw wrong(key, "cannot be decrypted", "PKCS#8 under the passphrase in " + file);
    } finally {
      Arrays.fill(secret, ' ');
    }
  }

  /** Who may write the certificate chooses whom all peers trust. */
  private static void checkWriters(Path certificate) throws ConfigException {
    if (permissions(certificate).stream().anyMatch(OF_OTHER_WRITERS::contains)) {
      throw wrong(
          certificate, "writable by group or others", "mode 0644: chmod 644 " + certificate);
    }
  }

  /**
   * Returns the certificates of {@code file}, which are to be trusted and have no keys beside them.
   *
   * @throws ConfigException if it is no file of certificates in PEM and nothing else, one of them
   *     is no authority's, or others may write it
   */
  public static List<X509Certificate> roots(Path file) throws ConfigException {
    checkWriters(file);
    List<X509Certificate> roots = PemFile.certificates(file);
    if (roots.isEmpty() || roots.stream().anyMatch(root -> root.getBasicConstraints() < 0)) {
      throw PemFile.invalid(file, "a certificate of no authority", "certificates of authorities");
    }
    return roots;
  }

  /** Who may read the key may issue any identity. Links are followed: the file itself counts. */
  private static void checkMode(Path file) throws ConfigException {
    if (!OF_THE_OWNER.containsAll(permissions(file))) {
      throw wrong(file, "open to group or others", "mode 0600: chmod 600 " + file);
    }
  }

  /** Returns what the system grants on {@code file}; nothing where it has no such permissions. */
  private static Set<PosixFilePermission> permissions(Path file) throws ConfigException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        || !file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return Set.of();
    }
    try {
      return Files.getPosixFilePermissions(file);
    } catch (IOException e) {
      throw PemFile.unreadable(file, e);
    }
  }

  private static boolean isPair(PrivateKey signing, PublicKey verifying) {
    byte[] probe = {1};
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(signing);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(verifying);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static ConfigException wrong(Path file, String problem, String expected) {
    return PemFile.invalid(file, problem, expected);
  }
}
