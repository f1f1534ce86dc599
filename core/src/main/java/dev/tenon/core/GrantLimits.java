package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How long a grant lives, and how many a host keeps. What would exceed a number is refused with
 * {@link Refusal#LIMIT_REACHED}: no living grant ever makes room for another.
 *
 * @param life how long a grant lives unless it is refreshed; positive, at most 24 h
 * @param perRun grants of one run of a plugin
 * @param inTotal grants of all runs
 */
public record GrantLimits(Duration life, int perRun, int inTotal) {
  /** Longest life. */
  public static final Duration MAX_LIFE = Duration.ofHours(24);

  /** Greatest number of grants of one run. */
  public static final int MAX_PER_RUN = 1000;

  /** Greatest number of grants of all runs. */
  public static final int MAX_IN_TOTAL = 1_000_000;

  /** The limits of a host that is not told others. */
  public static final GrantLimits DEFAULT = new GrantLimits(Duration.ofHours(1), 100, 10_000);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is below its minimum or above its maximum
   */
  public GrantLimits {
    requireNonNull(life, "life");
    if (life.isNegative() || life.isZero() || life.compareTo(MAX_LIFE) > 0) {
      throw new IllegalArgumentException("grant life: " + life + " (expected: > 0, at most PT24H)");
    }
    check("perRun", perRun, MAX_PER_RUN);
    check("inTotal", inTotal, MAX_IN_TOTAL);
  }

  private static void check(String name, int limit, int max) {
    if (limit < 1 || limit > max) {
      throw new IllegalArgumentException(name + ": " + limit + " (expected: 1 to " + max + ")");
    }
  }
}
