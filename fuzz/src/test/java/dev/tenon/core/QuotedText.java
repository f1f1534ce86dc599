package dev.tenon.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What must hold for any text that is shown in a message or a line of a log. */
public final class QuotedText {
  private QuotedText() {}

  /**
   * Quotes {@code bytes}: one short line of printable ASCII, without tokens.
   *
   * @return whether the text is shown as it is
   */
  public static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);

    String quoted = Ascii.quote(text);

    assertThat(quoted)
        .matches("\"[ -~]{0,83}\"")
        .doesNotContainPattern("tn[a-z]_[A-Za-z0-9_-]{20}");
    return quoted.equals('"' + text + '"');
  }
}
