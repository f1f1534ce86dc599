package dev.tenon.bench;

import java.util.List;
import java.util.Locale;

/** The section of docs/performance.md about {@link PolicyDecision}. Immutable. */
final class DecisionTable {
  private final List<Measurement> measurements;

  DecisionTable(List<Measurement> measurements) {
    this.measurements = List.copyOf(measurements);
  }

  /** Returns the section, which ends with a line feed. */
  String text() {
    StringBuilder page = new StringBuilder("## Decision of a policy\n\n");
    page.append("Nanoseconds a decision in each thread, with the 99.9 % confidence interval, and ");
    page.append("decisions a second of all threads.\n");
    page.append(
        "A decision looks only at rules of its caller: what more callers cost is cache, not"
            + " comparisons.\n\n");
    page.append("| benchmark | callers with rules | threads | ns/op | ± | million decisions/s |\n");
    page.append("|---|---:|---:|---:|---:|---:|\n");
    measurements.forEach(measured -> page.append(row(measured)));
    return page.toString();
  }

  private static String row(Measurement measured) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %.0f | %s | %.1f |\n",
        measured.benchmark(),
        measured.parameter(),
        measured.threads(),
        measured.nanos(),
        Double.isNaN(measured.error()) ? "–" : String.format(Locale.ROOT, "%.0f", measured.error()),
        measured.threads() * 1000 / measured.nanos());
  }
}
