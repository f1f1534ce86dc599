package dev.tenon.testing.house;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What one test says that it proves.
 *
 * @param module the folder of the module that the test lives in
 * @param test the simple name of a test class, or that and one of its methods
 * @param rows the ids of the rows, in the order of the Javadoc
 */
record Proof(String module, String test, List<String> rows) {
  Proof {
    requireNonNull(module, "module");
    requireNonNull(test, "test");
    rows = List.copyOf(rows);
  }

  /** Returns the test as the table shows it. */
  String label() {
    return module + ": `" + test + "`";
  }
}
