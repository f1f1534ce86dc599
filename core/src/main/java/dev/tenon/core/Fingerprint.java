package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The SHA-256 of a certificate's DER, which names that one certificate: 64 lower-case hex digits.
 *
 * @param hex the digits
 */
public record Fingerprint(String hex) {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /** What OpenSSL writes before it; the name of the digest is in either case. */
  private static final Pattern PREFIX = Pattern.compile("(?i)\\Asha-?256 fingerprint=");

  private static final int MAX_INPUT_CHARS = 256;

  /**
   * Checks the form.
   *
   * @throws IllegalArgumentException if {@code hex} is not 64 lower-case hex digits
   */
  public Fingerprint {
    requireNonNull(hex, "hex");
    if (!HEX.matcher(hex).matches()) {
      throw new IllegalArgumentException(
          "fingerprint: " + Ascii.quote(hex) + " (expected: 64 lower-case hex digits)");
    }
  }

  /**
   * Reads what people and programs write: either case, with colons or spaces, and with the prefix
   * of {@code openssl x509 -fingerprint -sha256}.
   *
   * @throws IllegalArgumentException if no SHA-256 is left without those
   */
  public static Fingerprint parse(String text) {
    requireNonNull(text, "text");
    if (text.length() > MAX_INPUT_CHARS) {
      throw new IllegalArgumentException(
          "fingerprint: " + text.length() + " characters (expected: a SHA-256)");
    }
    String bare = PREFIX.matcher(text.strip()).replaceFirst("");
    return new Fingerprint(bare.replaceAll("[: ]", "").toLowerCase(Locale.ROOT));
  }

  /**
   * Returns the fingerprint of {@code certificate}.
   *
   * @throws IllegalArgumentException if it has no encoding
   */
  public static Fingerprint of(X509Certificate certificate) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return new Fingerprint(HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("certificate: has no encoding", e);
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
