package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * The name that all identities of one installation share: lower-case letters, digits, {@code . -
 * _}, at most 63 bytes here (SPIFFE-ID, section 2.1, allows 255).
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
        || !value
            .chars()
            .allMatch(
                c -> Ascii.isLower((char) c) || Ascii.isDigit((char) c) || ".-_".indexOf(c) >= 0)) {
      throw new IllegalArgumentException(
          "trust domain: "
              + Ascii.quote(value)
              + " (expected: 1 to 63 of a-z, 0-9, '.', '-' and '_')");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
