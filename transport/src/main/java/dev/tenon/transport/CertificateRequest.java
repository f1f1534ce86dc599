package dev.tenon.transport;

import java.security.KeyPair;

/** PKCS#10 certificate requests (RFC 2986) for P-256 keys. */
@SuppressWarnings("DoNotCallSuggester")
public final class CertificateRequest {
  private CertificateRequest() {}

  /** Returns a fresh P-256 key pair. */
  public static KeyPair newKeyPair() {
    throw new UnsupportedOperationException();
  }

  /** Returns the DER form of a request for {@code keys}, signed by it; its subject is empty. */
  public static byte[] create(KeyPair keys) {
    throw new UnsupportedOperationException(keys.getPublic().getAlgorithm());
  }
}
