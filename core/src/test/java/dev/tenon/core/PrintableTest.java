package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Text of others for a terminal. */
final class PrintableTest {
  @Test
  void line_text_staysAsItIs() {
    String text = "h\u00f6he \u4e16\u754c \ud83d\ude00 'a\\b'";

    assertThat(Printable.line(text)).isEqualTo(text);
  }

  @Test
  void line_charactersThatMoveForgeOrReorder_areEscaped() {
    assertThat(Printable.line("a\nb\r\t\u001b[2J\u0085\u2028\u202e\ud800\u007f"))
        .isEqualTo("a\\u000ab\\u000d\\u0009\\u001b[2J\\u0085\\u2028\\u202e\\ud800\\u007f");
  }

  @Test
  void lines_keepsLineFeedsAlone() {
    assertThat(Printable.lines("a\nb\u001bc")).isEqualTo("a\nb\\u001bc");
  }
}
