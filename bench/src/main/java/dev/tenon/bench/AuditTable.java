package dev.tenon.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The section of docs/performance.md about {@link AuditRate}. Immutable. */
final class AuditTable {
  private final List<AuditRate.Round> rounds;

  /**
   * @param rounds one at least
   */
  AuditTable(List<AuditRate.Round> rounds) {
    this.rounds = List.copyOf(rounds);
    if (rounds.isEmpty()) {
      throw new IllegalArgumentException("rounds: none (expected: at least one)");
    }
  }

  /** Returns the section, which ends with a line feed. */
  String text() {
    StringBuilder page = new StringBuilder("## Audit records\n\n");
    page.append("Records a second that are on disk and acknowledged. Each caller waits for its");
    page.append(" record before it makes the next. `serial` is what the same disk takes in the");
    page.append(" same round one after another, a line of the same length and a fsync each.\n");
    page.append("Medians of ").append(rounds.size()).append(" rounds, with the lowest and the");
    page.append(" highest in brackets; ratios are taken within each round.\n\n");
    page.append("| callers | records/s | / serial |\n|---|---:|---:|\n");
    page.append("| serial | ").append(spread("%,.0f", AuditRate.Round::serial)).append(" | – |\n");
    for (int i = 0; i < AuditRate.CALLERS.size(); i++) {
      int at = i;
      page.append("| ").append(AuditRate.CALLERS.get(at)).append(" | ");
      page.append(spread("%,.0f", round -> round.byCallers().get(at))).append(" | ");
      page.append(spread("%.2f", round -> round.byCallers().get(at) / round.serial()));
      page.append(" |\n");
    }
    return page.toString();
  }

  private String spread(String form, ToDoubleFunction<AuditRate.Round> value) {
    double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return String.format(
        Locale.ROOT,
        form + " (" + form + "–" + form + ")",
        median,
        sorted[0],
        sorted[sorted.length - 1]);
  }
}
