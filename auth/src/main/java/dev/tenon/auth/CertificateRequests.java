package dev.tenon.auth;

import dev.tenon.core.InvalidRequestException;
import java.security.PublicKey;

/** Stub. */
public final class CertificateRequests {
  private CertificateRequests() {}

  /** Stub. */
  public static PublicKey verify(byte[] der) throws InvalidRequestException {
    try {
      return java.security.KeyFactory.getInstance("EC")
          .generatePublic(new java.security.spec.X509EncodedKeySpec(der));
    } catch (java.security.GeneralSecurityException e) {
      throw new InvalidRequestException("stub");
    }
  }
}
