package dev.tenon.auth;

import dev.tenon.core.Token;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 digest: what the host keeps of a token or a key. Immutable and thread-safe.
 *
 * <p>Equality takes the same time wherever two digests differ. As a key of a map it gives nothing
 * away either, since nobody can choose a digest.
 */
public final class Digest {
  /** Digest length (FIPS 180-4). */
  static final int SIZE_BYTES = 32;

  /** The digest of nothing known, to compare with where there is nothing to compare with. */
  public static final Digest NONE = new Digest(new byte[SIZE_BYTES]);

  private final byte[] sha256;

  private Digest(byte[] sha256) {
    this.sha256 = sha256;
  }

  /** Returns the digest of {@code token}'s text. */
  public static Digest of(Token token) {
    return new Digest(token.sha256());
  }

  /**
   * Returns the digest of {@code key}'s SubjectPublicKeyInfo.
   *
   * @throws IllegalArgumentException if the key has no encoded form
   */
  static Digest of(PublicKey key) {
    byte[] encoded = key.getEncoded();
    if (encoded == null) {
      throw new IllegalArgumentException("key: no encoding (expected: an EC public key)");
    }
    return of(encoded);
  }

  /** Returns the digest of {@code bytes}. */
  static Digest of(byte[] bytes) {
    try {
      return new Digest(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Digest digest && MessageDigest.isEqual(sha256, digest.sha256);
  }

  @Override
  public int hashCode() {
    return ByteBuffer.wrap(sha256).getInt();
  }

  /** Returns a fixed text: even a digest is of no use in a log. */
  @Override
  public String toString() {
    return "Digest[redacted]";
  }
}
