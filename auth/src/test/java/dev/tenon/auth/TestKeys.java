package dev.tenon.auth;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;

/** Fresh P-256 keys. */
final class TestKeys {
  private static final SecureRandom RANDOM = new SecureRandom();

  private TestKeys() {}

  static KeyPair pair() {
    try {
      return P256.newKeyPair(RANDOM);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static PublicKey key() {
    return pair().getPublic();
  }
}
