package dev.tenon.transport;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;

/**
 * PKCS#10 certificate requests (RFC 2986) for P-256 keys. A request proves the possession of a key
 * and asks for nothing: subject and attributes are empty, since the host alone decides what a
 * certificate says.
 */
public final class CertificateRequest {
  /** {@code ecdsa-with-SHA256} (RFC 5758, section 3.2), as DER. */
  private static final byte[] ECDSA_WITH_SHA256 = {
    0x06, 0x08, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x04, 0x03, 0x02
  };

  private static final byte[] VERSION_1 = {0x02, 0x01, 0x00};
  private static final int P256_BITS = 256;

  private CertificateRequest() {}

  /** Returns a fresh P-256 key pair. */
  public static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has P-256", e);
    }
  }

  /**
   * Returns the DER form of a request for {@code keys}, signed by them.
   *
   * @throws IllegalArgumentException if {@code keys} are not on P-256
   */
  public static byte[] create(KeyPair keys) {
    if (!(keys.getPublic() instanceof ECPublicKey key)
        || key.getParams().getOrder().bitLength() != P256_BITS) {
      throw new IllegalArgumentException(
          "key: " + keys.getPublic().getAlgorithm() + " (expected: a P-256 key)");
    }
    byte[] body = Der.sequence(VERSION_1, Der.sequence(), key.getEncoded(), Der.emptyContext0());
    return Der.sequence(body, Der.sequence(ECDSA_WITH_SHA256), Der.bitString(sign(keys, body)));
  }

  private static byte[] sign(KeyPair keys, byte[] body) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(keys.getPrivate());
      signature.update(body);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("key: cannot sign (expected: a P-256 key)", e);
    }
  }
}
