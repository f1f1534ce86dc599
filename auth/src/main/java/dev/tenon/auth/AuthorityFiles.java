package dev.tenon.auth;

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
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The files of an authority: its certificate in PEM, followed by those that lead to its root if it
 * is not one, and its P-256 key, PKCS#8 in PEM. Immutable.
 */
public record AuthorityFiles(Path certificate, Path key) {
  /** Bit of keyUsage (RFC 5280, section 4.2.1.3). */
  private static final int KEY_CERT_SIGN = 5;

  private static final Set<PosixFilePermission> OF_THE_OWNER =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  /** Checks for null. */
  public AuthorityFiles {
    requireNonNull(certificate, "certificate");
    requireNonNull(key, "key");
  }

  /** What was read and found good: the issuing certificate first, and its key. */
  record Read(List<X509Certificate> chain, PrivateKey key) {
    @Override
    public String toString() {
      return "Read[" + chain.get(0).getSubjectX500Principal() + ", redacted]";
    }
  }

  /**
   * Reads and checks both files.
   *
   * @throws ConfigException if one is missing, cannot be read, is not what it should be, or does
   *     not fit the other; it names the file and what was expected
   */
  Read read(Instant now) throws ConfigException {
    List<X509Certificate> chain = PemFile.certificates(certificate);
    for (int i = 0; i < chain.size(); i++) {
      checkIssuing(chain.get(i), now);
      if (i > 0) {
        checkSigned(chain.get(i - 1), chain.get(i));
      }
    }
    if (!P256.isKey(chain.get(0).getPublicKey())) {
      throw wrong(
          certificate,
          "its key is " + chain.get(0).getPublicKey().getAlgorithm(),
          "a key on the curve P-256, secp256r1");
    }
    PrivateKey signing = signingKey();
    if (!isPair(signing, chain.get(0).getPublicKey())) {
      throw wrong(key, "does not belong to " + certificate, "the key of that certificate");
    }
    return new Read(chain, signing);
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

  private void checkSigned(X509Certificate below, X509Certificate above) throws ConfigException {
    try {
      if (below.getIssuerX500Principal().equals(above.getSubjectX500Principal())) {
        below.verify(above.getPublicKey());
        return;
      }
    } catch (GeneralSecurityException e) {
      // Said below: one certificate did not sign the one before it.
    }
    throw wrong(
        certificate, "in another order", "the authority first, each signed by the one after it");
  }

  private PrivateKey signingKey() throws ConfigException {
    checkMode();
    byte[] der = PemFile.privateKey(key);
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

  /** Who may read the key may issue any identity. Links are followed: the file itself counts. */
  private void checkMode() throws ConfigException {
    if (!Files.exists(key, LinkOption.NOFOLLOW_LINKS)
        || !key.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return;
    }
    try {
      Set<PosixFilePermission> given = Files.getPosixFilePermissions(key);
      if (!OF_THE_OWNER.containsAll(given)) {
        throw wrong(key, "open to group or others", "mode 0600: chmod 600 " + key);
      }
    } catch (IOException e) {
      throw PemFile.unreadable(key, e);
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
