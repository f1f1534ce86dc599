package dev.tenon.testing.house;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Entry points and reasons to refuse: each cell has the tests that see it happen, or a sentence why
 * it cannot. Immutable.
 *
 * @param title what the table is about
 * @param points the rows
 * @param reasons the reasons, one part of the table each
 */
record DenyMatrix(String title, List<String> points, List<String> reasons) {
  DenyMatrix {
    points = List.copyOf(points);
    reasons = List.copyOf(reasons);
  }

  /**
   * Reads lines of a reason, a tab, points with commas between, a tab and a sentence.
   *
   * @throws IllegalArgumentException if a line is another, or a cell is there twice
   */
  static Map<String, String> impossible(String tsv) {
    Map<String, String> why = new LinkedHashMap<>();
    for (String line : tsv.lines().toList()) {
      String[] parts = line.split("\t", -1);
      if (parts.length != 3
          || !DenyLines.REASON.matcher(parts[0]).matches()
          || !parts[2].matches("[^|]+\\.")) {
        throw new IllegalArgumentException(
            "denials: \"" + line + "\" (expected: a reason, points, a sentence)");
      }
      for (String point : parts[1].split(", ?", -1)) {
        if (why.put(point + " " + parts[0], parts[2]) != null) {
          throw new IllegalArgumentException("denials: " + point + " " + parts[0] + " twice");
        }
      }
    }
    return why;
  }

  /** Returns all cells, each as a point, a space and a reason. */
  Set<String> cells() {
    Set<String> cells = new TreeSet<>();
    points.forEach(point -> reasons.forEach(reason -> cells.add(point + " " + reason)));
    return cells;
  }

  /** Returns a line for each cell that is empty, or has tests and a reason why it cannot have. */
  List<String> problems(List<Proof> proofs, Map<String, String> impossible) {
    List<String> problems = new ArrayList<>();
    for (String cell : cells()) {
      boolean proved = proofs.stream().anyMatch(proof -> proof.rows().contains(cell));
      if (!proved && !impossible.containsKey(cell)) {
        problems.add(cell + ": empty (expected: a test that names it, or why it cannot happen)");
      } else if (proved && impossible.containsKey(cell)) {
        problems.add(cell + ": cannot happen, and has a test (expected: one of the two)");
      }
    }
    return problems;
  }

  /** Returns the part of the page about this matrix. */
  String markdown(List<Proof> proofs, Map<String, String> impossible) {
    StringBuilder page = new StringBuilder("\n## " + title + "\n");
    for (String reason : reasons) {
      page.append("\n### ").append(reason).append("\n\n| entry point | |\n|---|---|\n");
      for (String point : points) {
        String cell = point + " " + reason;
        String tests =
            proofs.stream()
                .filter(proof -> proof.rows().contains(cell))
                .map(Proof::label)
                .sorted()
                .distinct()
                .collect(joining("<br>"));
        page.append("| ")
            .append(point)
            .append(" | ")
            .append(tests.isEmpty() ? "cannot happen: " + impossible.getOrDefault(cell, "") : tests)
            .append(" |\n");
      }
    }
    return page.toString();
  }
}
