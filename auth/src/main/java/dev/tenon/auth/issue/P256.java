package dev.tenon.auth.issue;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;

/** The one curve of Tenon's keys: secp256r1 (SEC 2, section 2.4.2). */
final class P256 {
  /** Length of an uncompressed point: 4, x, y (SEC 1, section 2.3.3). */
  static final int POINT_BYTES = 65;

  private static final int COORDINATE_BYTES = 32;
  private static final byte UNCOMPRESSED = 4;
  private static final ECGenParameterSpec NAME = new ECGenParameterSpec("secp256r1");
  private static final ECParameterSpec PARAMETERS = parameters();

  private P256() {}

  private static ECParameterSpec parameters() {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(NAME);
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has secp256r1", e);
    }
  }

  /** Returns a new key pair. */
  static KeyPair newKeyPair(SecureRandom random) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(NAME, random);
    return generator.generateKeyPair();
  }

  /**
   * Returns the key whose uncompressed point is {@code encoded}.
   *
   * @throws InvalidKeySpecException if it is not a point of the curve
   */
  static PublicKey decode(byte[] encoded) throws GeneralSecurityException {
    if (encoded.length != POINT_BYTES || encoded[0] != UNCOMPRESSED) {
      throw new InvalidKeySpecException("point (expected: uncompressed, 65 bytes)");
    }
    ECPoint point =
        new ECPoint(
            new BigInteger(1, Arrays.copyOfRange(encoded, 1, 1 + COORDINATE_BYTES)),
            new BigInteger(1, Arrays.copyOfRange(encoded, 1 + COORDINATE_BYTES, POINT_BYTES)));
    if (!isOnCurve(point)) {
      throw new InvalidKeySpecException("point (expected: one of secp256r1)");
    }
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, PARAMETERS));
  }

  /** Returns whether {@code key} is a valid key of this curve. */
  static boolean isKey(PublicKey key) {
    if (!(key instanceof ECPublicKey ec)) {
      return false;
    }
    return isOfCurve(ec.getParams()) && isOnCurve(ec.getW());
  }

  /** Returns whether {@code parameters} are those of this curve. */
  static boolean isOfCurve(ECParameterSpec parameters) {
    return parameters.getCurve().equals(PARAMETERS.getCurve())
        && parameters.getGenerator().equals(PARAMETERS.getGenerator())
        && parameters.getOrder().equals(PARAMETERS.getOrder());
  }

  /** Returns whether y² = x³ + ax + b, with x and y below p. The curve has cofactor 1. */
  private static boolean isOnCurve(ECPoint point) {
    EllipticCurve curve = PARAMETERS.getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    if (point.equals(ECPoint.POINT_INFINITY) || x.compareTo(p) >= 0 || y.compareTo(p) >= 0) {
      return false;
    }
    BigInteger right = x.pow(2).add(curve.getA()).multiply(x).add(curve.getB()).mod(p);
    return y.pow(2).mod(p).equals(right);
  }
}
