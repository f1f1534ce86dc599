package dev.tenon.auth.issue;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS8EncryptedPrivateKeyInfoBuilder;

/**
 * A private key at rest, encrypted under a passphrase (PKCS#8, RFC 5958, section 3, with PBES2).
 */
final class EncryptedKey {
  /** Rounds of PBKDF2: what OWASP advises for HMAC-SHA-256. */
  private static final int ITERATIONS = 600_000;

  /** The JDK knows none of the padding's name; the provider is ours alone, not the JVM's. */
  private static final Provider CIPHERS = new BouncyCastleProvider();

  private EncryptedKey() {}

  /**
   * Returns the key of {@code der}, PKCS#8.
   *
   * @throws GeneralSecurityException if it is none, or {@code passphrase} is another; it says
   *     nothing of either
   */
  static byte[] open(byte[] der, char[] passphrase) throws GeneralSecurityException {
    try {
      return new PKCS8EncryptedPrivateKeyInfo(der)
          .decryptPrivateKeyInfo(
              new JceOpenSSLPKCS8DecryptorProviderBuilder().setProvider(CIPHERS).build(passphrase))
          .getEncoded();
    } catch (IOException | OperatorCreationException | PKCSException | RuntimeException e) {
      throw new GeneralSecurityException("encrypted key: not opened");
    }
  }

  /** Returns {@code key} under {@code passphrase}, in DER. */
  static byte[] seal(PrivateKey key, char[] passphrase, SecureRandom random)
      throws GeneralSecurityException, IOException {
    try {
      return new JcaPKCS8EncryptedPrivateKeyInfoBuilder(key)
          .build(
              new JceOpenSSLPKCS8EncryptorBuilder(NISTObjectIdentifiers.id_aes256_CBC)
                  .setProvider(CIPHERS)
                  .setPRF(PKCS8Generator.PRF_HMACSHA256)
                  .setIterationCount(ITERATIONS)
                  .setRandom(random)
                  .setPassword(passphrase)
                  .build())
          .getEncoded();
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException("key: not encrypted", e);
    }
  }
}
