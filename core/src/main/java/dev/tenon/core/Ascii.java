package dev.tenon.core;

import java.nio.charset.StandardCharsets;

/**
 * Character classes and lengths for the names of this package; everything outside ASCII is refused.
 */
final class Ascii {
  private Ascii() {}

  static boolean isLower(char c) {
    return c >= 'a' && c <= 'z';
  }

  static boolean isLetter(char c) {
    return isLower(c) || (c >= 'A' && c <= 'Z');
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isLowerHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f');
  }

  static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Returns whether {@code text} has a control character (C0, DEL, C1 or a line separator). */
  static boolean hasControl(String text) {
    return text.chars().anyMatch(c -> Character.isISOControl(c) || c == '\u2028' || c == '\u2029');
  }

  /**
   * Returns {@code text} fit for an error message: at most 80 characters, anything unprintable as
   * {@code ?}, without tokens.
   *
   * <p>Messages show the value that was refused; this keeps a hostile value from filling or forging
   * a log line, and a token in the wrong field from getting there.
   */
  static String quote(String text) {
    String shown = Token.redact(text);
    StringBuilder quoted = new StringBuilder(Math.min(shown.length(), 80) + 5).append('"');
    for (int i = 0; i < shown.length() && i < 80; i++) {
      char c = shown.charAt(i);
      quoted.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return quoted.append(shown.length() > 80 ? "...\"" : "\"").toString();
  }
}
