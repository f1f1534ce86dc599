package dev.tenon.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tenon.core.Token;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Optional;
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

  /*
   * One for each thread, because looking for a provider takes longer than the digest. It is reset after
   * each use, which overwrites what it has of the input.
   */
  private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Digest::sha256);

  private final long first;
  private final long second;
  private final long third;
  private final long fourth;

  /** Takes the {@value #SIZE_BYTES} bytes of a digest. */
  Digest(byte[] sha256) {
    ByteBuffer bytes = ByteBuffer.wrap(sha256);
    first = bytes.getLong();
    second = bytes.getLong();
    third = bytes.getLong();
    fourth = bytes.getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
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

  /**
   * Returns the digest of what a peer sent as its token, or empty if that is not the one canonical
   * form of a token of {@code kind}.
   */
  public static Optional<Digest> ofPresented(Token.Kind kind, String presented) {
    return ofPresented(kind, presented.getBytes(ISO_8859_1));
  }

  /** As {@link #ofPresented(Token.Kind, String)}, of a text in ISO-8859-1. */
  static Optional<Digest> ofPresented(Token.Kind kind, byte[] presented) {
    return Token.isCanonical(kind, presented) ? Optional.of(of(presented)) : Optional.empty();
  }

  /** Returns the digest of {@code bytes}. */
  static Digest of(byte[] bytes) {
    MessageDigest sha256 = SHA_256.get();
    Digest digest = new Digest(sha256.digest(bytes));
    sha256.reset();
    return digest;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Digest digest)) {
      return false;
    }
    // All of it, with no branch before the end.
    long difference = first ^ digest.first;
    difference |= second ^ digest.second;
    difference |= third ^ digest.third;
    difference |= fourth ^ digest.fourth;
    return difference == 0;
  }

  @Override
  public int hashCode() {
    return (int) (first >>> Integer.SIZE);
  }

  /** Returns a fixed text: even a digest is of no use in a log. */
  @Override
  public String toString() {
    return "Digest[redacted]";
  }
}
