package dev.tenon.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;

/** What must hold for the message of any refusal, whatever was refused. */
final class Refusal {
  /** A token, or so much of one that it would be a leak. */
  private static final Pattern TOKEN = Pattern.compile("tn[a-z]_[A-Za-z0-9_-]{20}");

  private static final Pattern PRINTABLE = Pattern.compile("[ -~]*");

  private Refusal() {}

  /** Checks that {@code refusal} is one short printable line, and shows no token. */
  static void assertOneLine(Exception refusal) {
    String message = String.valueOf(refusal.getMessage());
    assertThat(message).matches(PRINTABLE).hasSizeLessThan(500);
    assertShowsNoToken(message);
  }

  /** Checks that {@code text} shows no token. */
  static void assertShowsNoToken(String text) {
    assertThat(TOKEN.matcher(text).find()).as("a token is shown").isFalse();
  }
}
