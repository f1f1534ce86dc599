package dev.tenon.transport;

import dev.tenon.core.Token;

/** Hostile text made fit for an error message or a log line. */
final class Quote {
  private static final int MAX_LENGTH = 80;

  private Quote() {}

  /**
   * Returns at most 80 characters of {@code text} in quotes, anything unprintable as {@code ?},
   * without tokens.
   */
  static String of(String text) {
    String shown = Token.redact(text);
    StringBuilder quoted = new StringBuilder().append('"');
    shown
        .chars()
        .limit(MAX_LENGTH)
        .forEach(c -> quoted.append(c >= ' ' && c <= '~' ? (char) c : '?'));
    return quoted.append(shown.length() > MAX_LENGTH ? "...\"" : "\"").toString();
  }
}
