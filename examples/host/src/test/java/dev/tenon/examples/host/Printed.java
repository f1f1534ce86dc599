package dev.tenon.examples.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tables of a demo's output, read back. */
record Printed(List<List<Map<String, String>>> tables) {
  /** Reads {@code out}; a table begins with its headings and ends with an empty line. */
  static Printed of(String out) {
    List<List<Map<String, String>>> tables = new ArrayList<>();
    for (String block : out.split("\n\n", -1)) {
      List<String> lines = block.lines().toList();
      if (!lines.isEmpty() && lines.get(0).matches("[A-Z ]+")) {
        String[] headings = lines.get(0).trim().split(" {2,}", -1);
        List<Map<String, String>> rows = new ArrayList<>();
        lines.stream().skip(1).forEach(line -> rows.add(row(headings, line)));
        tables.add(rows);
      }
    }
    return new Printed(tables);
  }

  private static Map<String, String> row(String[] headings, String line) {
    String[] cells = line.trim().split(" {2,}", headings.length);
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < headings.length; i++) {
      row.put(headings[i], i < cells.length ? cells[i] : "");
    }
    return row;
  }

  List<Map<String, String>> plugins() {
    return tables.get(0);
  }

  List<Map<String, String>> files() {
    return tables.get(1);
  }

  List<Map<String, String>> splits() {
    return tables.get(2);
  }

  List<Map<String, String>> calls() {
    return tables.get(3);
  }

  /** Returns what was done to a plugin under load. */
  List<Map<String, String>> steps() {
    return tables.get(4);
  }

  List<Map<String, String>> refusals() {
    return tables.get(5);
  }
}
