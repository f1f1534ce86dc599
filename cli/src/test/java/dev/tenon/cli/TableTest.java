package dev.tenon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** Tables for a terminal. */
final class TableTest {
  @Test
  void print_cellWithNewlineAndWideCharacters_keepsItsColumns() {
    Table table = new Table("NAME", "COUNT");
    table.row("a\nb", 7);
    table.row("\ud83d\ude00", 12);
    StringWriter out = new StringWriter();

    table.print(new PrintWriter(out));

    assertThat(out.toString())
        .isEqualTo("NAME      COUNT\na\\u000ab      7\n\ud83d\ude00            12\n");
  }
}
