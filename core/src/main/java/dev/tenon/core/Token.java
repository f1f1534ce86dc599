package dev.tenon.core;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A bearer secret of 256 random bits. Immutable and thread-safe.
 *
 * <p>Its text form is a prefix that tells its kind, so that secret scanners find leaks, and 43
 * base64url characters (RFC 4648, section 5, without padding). It has no {@code equals}: whoever
 * must compare compares digests, in constant time. {@code toString} shows the kind alone.
 */
public final class Token {
  /** Secret length; above the 160 bits that RFC 6749, section 10.10, asks for. */
  public static final int SIZE_BYTES = 32;

  private static final int TEXT_LENGTH = 43;

  /** Of the last character, since 43 of them have 258 bits. */
  private static final int UNUSED_BITS = 0b11;

  /**
   * What each character of ISO-8859-1 stands for (RFC 4648, table 2); -1 for one that is not in it.
   */
  private static final byte[] SEXTETS = sextets();

  private static byte[] sextets() {
    byte[] sextets = new byte[256];
    Arrays.fill(sextets, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < alphabet.length(); i++) {
      sextets[alphabet.charAt(i)] = (byte) i;
    }
    return sextets;
  }

  /** What has a token's prefix and about its length: a damaged token is not to be shown either. */
  private static final Pattern TOKEN_LIKE = Pattern.compile("tn[a-z]_[A-Za-z0-9_-]{20,}+");

  /** What a token is good for. */
  public enum Kind {
    /** Single use: turns a launched process into an identity. */
    ENROLMENT("tne_"),
    /** Renewable: sent with every call of a plugin. */
    RUNTIME("tnr_"),
    /** Renewable: sent with every call of a service of the host that is offered by grant. */
    GRANT("tng_");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }

    /** Returns the four characters that the text form begins with. */
    public String prefix() {
      return prefix;
    }
  }

  private final Kind kind;
  // transient: reflective serializers (Gson among them) leave it out
  private final transient byte[] secret;

  private Token(Kind kind, byte[] secret) {
    this.kind = kind;
    this.secret = secret;
  }

  /**
   * Returns the token that carries {@code secret}.
   *
   * @throws IllegalArgumentException if there are not {@link #SIZE_BYTES} bytes, or all are zero,
   *     which only a broken random source brings
   */
  public static Token of(Kind kind, byte[] secret) {
    requireNonNull(kind, "kind");
    if (secret.length != SIZE_BYTES) {
      throw new IllegalArgumentException("secret: " + secret.length + " bytes (expected: 32)");
    }
    if (Arrays.equals(secret, new byte[SIZE_BYTES])) {
      throw new IllegalArgumentException("secret: all zero (expected: random bytes)");
    }
    return new Token(kind, secret.clone());
  }

  /**
   * Returns the token that {@code text} is the one canonical form of, or empty for anything else:
   * another kind, another length, padding, another alphabet, or unused bits that are not zero.
   */
  public static Optional<Token> parse(Kind kind, String text) {
    return isCanonical(kind, text)
        ? Optional.of(
            new Token(kind, Base64.getUrlDecoder().decode(text.substring(kind.prefix.length()))))
        : Optional.empty();
  }

  /** Returns whether {@link #parse} has a token for {@code text}, without making one. */
  public static boolean isCanonical(Kind kind, String text) {
    return isCanonical(
        kind, text.getBytes(ISO_8859_1)); // What that has not is no base64url either.
  }

  /**
   * Returns whether {@link #parse} has a token for what {@code text} is in ISO-8859-1. Looks at
   * every byte of a text with the right length and prefix, whatever the first ones are.
   */
  public static boolean isCanonical(Kind kind, byte[] text) {
    requireNonNull(kind, "kind");
    String prefix = kind.prefix;
    if (text.length != prefix.length() + TEXT_LENGTH) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (text[i] != prefix.charAt(i)) {
        return false;
      }
    }
    int all = 0; // negative if one is no base64url character, zero if the secret is
    int last = 0;
    for (int i = prefix.length(); i < text.length; i++) {
      last = SEXTETS[text[i] & 0xff];
      all |= last;
    }
    return all > 0 && (last & UNUSED_BITS) == 0;
  }

  /** Returns {@code text} with everything that looks like a token replaced. */
  public static String redact(String text) {
    return TOKEN_LIKE.matcher(text).replaceAll("[redacted]");
  }

  /** Returns what the token is good for. */
  public Kind kind() {
    return kind;
  }

  /** Returns the SHA-256 digest of the text form; what a host keeps instead of the token. */
  public byte[] sha256() {
    try {
      return MessageDigest.getInstance("SHA-256").digest(exposeForWire().getBytes(US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Returns the secret for the wire. Every caller is a place to review. */
  public String exposeForWire() {
    return kind.prefix + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** Returns the kind, never the secret. */
  @Override
  public String toString() {
    return "Token[" + kind + ", redacted]";
  }
}
