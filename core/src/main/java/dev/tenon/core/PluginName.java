package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * The name that an operator gives to a plugin: {@code [a-z][a-z0-9-]{0,62}}.
 *
 * <p>{@code host} is reserved: in policies and counters it stands for the host itself.
 */
public record PluginName(String value) implements Comparable<PluginName> {
  /** Longest name, so that a name also fits a DNS label (RFC 1035, section 2.3.4). */
  public static final int MAX_LENGTH = 63;

  /** What the host is called where plugins are called by name. */
  public static final String HOST = "host";

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if {@code value} is not a plugin name
   */
  public PluginName {
    requireNonNull(value, "value");
    if (!isValid(value)) {
      throw new IllegalArgumentException(
          "plugin name: "
              + Ascii.quote(value)
              + " (expected: a lower-case letter, then up to 62 of a-z, 0-9 and -)");
    }
    if (value.equals(HOST)) {
      throw new IllegalArgumentException("plugin name: \"host\" (expected: not the reserved name)");
    }
  }

  private static boolean isValid(String value) {
    if (value.isEmpty() || value.length() > MAX_LENGTH || !Ascii.isLower(value.charAt(0))) {
      return false;
    }
    return value
        .chars()
        .allMatch(c -> Ascii.isLower((char) c) || Ascii.isDigit((char) c) || c == '-');
  }

  @Override
  public int compareTo(PluginName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
