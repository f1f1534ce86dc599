package dev.tenon.cli;

import dev.tenon.core.Printable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of text for a terminal: columns as wide as their widest cell, numbers to the right. A
 * cell is one line, whatever it is made from. Not thread-safe. Public for the example host's
 * commands.
 */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  /** Makes a table without rows. */
  public Table(String... headings) {
    rows.add(List.of(headings));
  }

  /** Adds a row, with as many cells as there are headings. */
  public void row(Object... cells) {
    List<String> row = new ArrayList<>(cells.length);
    for (Object cell : cells) {
      row.add(Printable.line(String.valueOf(cell)));
    }
    rows.add(row);
  }

  /** Prints headings and rows. */
  public void print(PrintWriter out) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int column = 0; column < columns; column++) {
      numeric[column] = rows.size() > 1;
      for (int row = 0; row < rows.size(); row++) {
        String cell = rows.get(row).get(column);
        widths[column] = Math.max(widths[column], width(cell));
        numeric[column] &= row == 0 || cell.matches("[0-9]+|-");
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        String padding = " ".repeat(widths[column] - width(row.get(column)));
        line.append(numeric[column] ? padding + row.get(column) : row.get(column) + padding);
        line.append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
