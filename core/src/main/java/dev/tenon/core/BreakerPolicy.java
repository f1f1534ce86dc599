package dev.tenon.core;

import java.time.Duration;

/**
 * When a host stops sending calls to a run of a plugin that fails, and when it tries it again. A
 * call fails, for this, if it ends UNAVAILABLE, be it that the provider says so and nothing else,
 * or that it cannot be reached or was lost; whatever else a provider answers is an answer.
 *
 * @param failures calls in a row that fail until none go there any more; 0: it is never stopped
 * @param open how long none go there before one is let through as a probe
 * @param successes probes in a row, one at a time, that must be answered until all calls go there
 *     again; one that fails begins the pause anew
 */
public record BreakerPolicy(int failures, Duration open, int successes) {
  /** Most failures and most probes. */
  public static final int MOST = 1_000;

  private static final Duration LONGEST = Duration.ofHours(1);

  /** Five failures in a row, 10 s, two probes. */
  public static final BreakerPolicy DEFAULT = new BreakerPolicy(5, Duration.ofSeconds(10), 2);

  /** Calls go to a provider however often it fails. */
  public static final BreakerPolicy NEVER =
      new BreakerPolicy(0, DEFAULT.open(), DEFAULT.successes());

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if {@code failures} is not 0 to {@value #MOST}, {@code open}
   *     not positive or longer than an hour, or {@code successes} not 1 to {@value #MOST}
   */
  public BreakerPolicy {
    if (failures < 0 || failures > MOST) {
      throw new IllegalArgumentException(
          "failures: " + failures + " (expected: 0 to " + MOST + ")");
    }
    if (open.isNegative() || open.isZero() || open.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("open: " + open + " (expected: > 0, at most PT1H)");
    }
    if (successes < 1 || successes > MOST) {
      throw new IllegalArgumentException(
          "successes: " + successes + " (expected: 1 to " + MOST + ")");
    }
  }
}
