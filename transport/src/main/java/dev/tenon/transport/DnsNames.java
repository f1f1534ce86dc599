package dev.tenon.transport;

import java.util.regex.Pattern;

/** The syntax of DNS names (RFC 1123, section 2.1), in lower case. */
final class DnsNames {
  /** Longest name in text form (RFC 1035, section 2.3.4). */
  private static final int MAX_LENGTH = 253;

  private static final String LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  private static final Pattern NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*+");
  private static final Pattern DIGITS_LAST = Pattern.compile("(.*\\.)?[0-9]+");

  private DnsNames() {}

  /** Returns whether {@code text} is a name, and cannot be taken for an IPv4 address. */
  static boolean isName(String text) {
    return text.length() <= MAX_LENGTH
        && NAME.matcher(text).matches()
        && !DIGITS_LAST.matcher(text).matches();
  }

  /**
   * Returns {@code text}, a name.
   *
   * @throws IllegalArgumentException if it is not
   */
  static String require(String text) {
    if (!isName(text)) {
      throw new IllegalArgumentException(
          "server name: " + Quote.of(text) + " (expected: a lower-case DNS name)");
    }
    return text;
  }
}
