package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

/** Tests that need more than a JDK: skipped where it is missing, but never in CI. */
final class OnThisMachine {
  private OnThisMachine() {}

  static void assumeComplete() {
    List<String> missing = Tools.missing();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(missing).isEmpty();
    }
    assumeTrue(missing.isEmpty(), () -> "missing: " + missing);
  }
}
