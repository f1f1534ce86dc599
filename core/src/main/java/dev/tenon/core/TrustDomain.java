package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * The name that all identities of one installation share: a lower-case letter or digit, then
 * lower-case letters, digits, {@code . - _}, at most 63 bytes here (SPIFFE-ID, section 2.1, allows
 * 255 and any first character; here no name is {@code ..}).
 */
public record TrustDomain(String value) {
  /** Longest name, in bytes; with it every SPIFFE ID of Tenon stays far below 2,048 bytes. */
  public static final int MAX_LENGTH = 63;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if {@code value} is not a trust domain name
   */
  public TrustDomain {
    requireNonNull(value, "value");
    if (value.isEmpty()
        || value.length() > MAX_LENGTH
        || !(Ascii.isLower(value.charAt(0)) || Ascii.isDigit(value.charAt(0)))
        || !value
            .chars()
            .allMatch(
                c -> Ascii.isLower((char) c) || Ascii.isDigit((char) c) || ".-_".indexOf(c) >= 0)) {
      throw new IllegalArgumentException(
          "trust domain: "
              + Ascii.quote(value)
              + " (expected: a-z or 0-9, then up to 62 of a-z, 0-9, '.', '-' and '_')");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
