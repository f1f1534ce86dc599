package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;

/**
 * One figure that Tenon is to reach. Immutable.
 *
 * @param isMost whether the limit is the most that is good, and not the least
 */
record Goal(double limit, boolean isMost, String unit) {
  private static final String NOTHING = "–";

  Goal {
    requireNonNull(unit, "unit");
  }

  /** Returns the goal of a ratio of at most {@code limit}. */
  static Goal atMost(double limit) {
    return new Goal(limit, /* isMost= */ true, "");
  }

  /** Returns the goal of a ratio of at least {@code limit}. */
  static Goal atLeast(double limit) {
    return new Goal(limit, /* isMost= */ false, "");
  }

  /** Returns the goal in words. */
  String text() {
    String number = String.format(Locale.ROOT, limit >= 100 ? "%.0f" : "%.2f", limit);
    return (isMost ? "≤ " : "≥ ") + number + unit;
  }

  /** Returns whether {@code value} is good. */
  boolean isMetBy(double value) {
    return isMost ? value <= limit : value >= limit;
  }

  /**
   * Returns what {@code rounds} say, and whether that is good: nothing where there were none, and
   * nothing but that where they do not agree.
   */
  String verdict(List<Double> rounds) {
    if (rounds.isEmpty()) {
      return NOTHING;
    }
    Spread spread = Spread.of(rounds);
    if (!spread.isMeaningful()) {
      return "no number (spread)";
    }
    return spread.text() + unit + ", " + (isMetBy(spread.median()) ? "met" : "not met");
  }

  /**
   * Returns as {@link #verdict(List)} does; good is also what is no further from one than {@code
   * same}, measurements of one thing by another of the same, were at worst.
   */
  String verdict(List<Double> rounds, List<Double> same) {
    String plain = verdict(rounds);
    if (rounds.isEmpty() || same.isEmpty() || !plain.endsWith("not met")) {
      return plain;
    }
    Spread apart = Spread.of(same);
    double worst = Math.max(apart.highest(), 1 / apart.lowest());
    return Spread.of(rounds).median() <= worst ? plain.replace("not met", "met within A/A") : plain;
  }
}
