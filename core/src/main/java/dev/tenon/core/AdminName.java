package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * What a host calls one of its administrators: {@code [a-z][a-z0-9-]{0,62}}, such as {@code alice}
 * or {@code on-call}.
 */
public record AdminName(String value) implements Comparable<AdminName> {
  private static final int MAX_LENGTH = 63;

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if {@code value} has another form
   */
  public AdminName {
    requireNonNull(value, "value");
    if (value.isEmpty()
        || value.length() > MAX_LENGTH
        || !Ascii.isLower(value.charAt(0))
        || !value
            .chars()
            .allMatch(c -> Ascii.isLower((char) c) || Ascii.isDigit((char) c) || c == '-')) {
      throw new IllegalArgumentException(
          "admin name: "
              + Ascii.quote(value)
              + " (expected: a lower-case letter, then up to 62 of a-z, 0-9 and -)");
    }
  }

  @Override
  public int compareTo(AdminName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
