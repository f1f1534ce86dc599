package dev.tenon.testing.house;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The rows of this release, each with the tests that prove it. Immutable. */
final class RequirementsTable {
  private static final String HEAD =
      """
      Generated from the tests: do not edit

      # Requirements

      What this release promises, row by row, and the tests that prove it. Each test names its rows in its Javadoc;
      the sentences are in `testing/src/test/resources/requirements.tsv`. To write this page anew:
      `mvn -B verify -Dtenon.requirements.write=true`.

      | row | promise | proved by |
      |---|---|---|
      """;

  private final Map<String, String> promises;
  private final List<Proof> proofs;

  private RequirementsTable(Map<String, String> promises, List<Proof> proofs) {
    this.promises = promises;
    this.proofs = List.copyOf(proofs);
  }

  /**
   * Returns the table of {@code proofs} for the rows in {@code tsv}: lines of an id, a tab and a
   * sentence.
   *
   * @throws IllegalArgumentException if a line is another, or an id is there twice
   */
  static RequirementsTable of(String tsv, List<Proof> proofs) {
    Map<String, String> promises = new LinkedHashMap<>();
    for (String line : tsv.lines().toList()) {
      String[] parts = line.split("\t", -1);
      if (parts.length != 2
          || !RowLines.rowsIn("Row: " + parts[0]).equals(List.of(parts[0]))
          || parts[1].contains("|")
          || promises.put(parts[0], parts[1]) != null) {
        throw new IllegalArgumentException(
            "requirements.tsv: \"" + line + "\" (expected: a new row id, a tab, a sentence)");
      }
    }
    return new RequirementsTable(promises, proofs);
  }

  /** Returns the page, which ends with a line feed. */
  String markdown() {
    return promises.entrySet().stream()
        .map(
            row ->
                "| %s | %s | %s |\n".formatted(row.getKey(), row.getValue(), tests(row.getKey())))
        .collect(joining("", HEAD, ""));
  }

  private String tests(String row) {
    return proofs.stream()
        .filter(proof -> proof.rows().contains(row))
        .map(Proof::label)
        .sorted()
        .distinct()
        .collect(joining("<br>"));
  }

  /** Returns a line for each row that no test names, and for each test that names another row. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    Set<String> proved = new TreeSet<>();
    for (Proof proof : proofs) {
      proved.addAll(proof.rows());
      proof.rows().stream()
          .filter(row -> !promises.containsKey(row))
          .map(row -> proof.label() + ": row " + row + " (expected: one of requirements.tsv)")
          .forEach(problems::add);
    }
    promises.keySet().stream()
        .filter(row -> !proved.contains(row))
        .map(row -> row + ": no test (expected: one that names this row in its Javadoc)")
        .forEach(problems::add);
    return problems;
  }
}
