package dev.tenon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

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

  @Test
  void table_cellWithNewlineAndWideCharacters_keepsItsColumns() {
    Table table = new Table("NAME", "COUNT");
    table.row("a\nb", 7);
    table.row("\ud83d\ude00", 12);
    StringWriter out = new StringWriter();

    table.print(new PrintWriter(out));

    assertThat(out.toString())
        .isEqualTo("NAME      COUNT\na\\u000ab      7\n\ud83d\ude00            12\n");
  }
}
