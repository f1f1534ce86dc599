package dev.tenon.core;

import java.time.Duration;

/**
 * How many relayed calls a host has open at once. What would exceed one of them is refused with
 * {@link Refusal#LIMIT_REACHED} and never queued, and room comes back when a call ends.
 *
 * @param perCaller calls of one run of a plugin, over all of its connections; or of the host
 * @param perProvider calls at one run of a plugin, or at all services of the host together
 * @param inTotal calls of all callers
 * @param idle how long a call of a plugin's, or from another host, that has no deadline may go on
 *     without anything sent either way; it is ended then, or at most half as long later
 */
public record CallLimits(int perCaller, int perProvider, int inTotal, Duration idle) {
  /** Greatest limit of anything. */
  public static final int MOST = 1_000_000;

  /** Shortest idle time that can be chosen. */
  public static final Duration LEAST_IDLE = Duration.ofSeconds(1);

  /** Longest, which is as good as none. */
  public static final Duration MOST_IDLE = Duration.ofDays(365);

  /**
   * The limits of a host that is not told others: two callers are needed to fill one provider, and
   * ten to fill the host.
   */
  public static final CallLimits DEFAULT =
      new CallLimits(1_000, 2_000, 10_000, Duration.ofHours(1));

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a number is below 1 or above {@link #MOST}, or {@code idle}
   *     is shorter than {@link #LEAST_IDLE} or longer than {@link #MOST_IDLE}
   */
  public CallLimits {
    check("perCaller", perCaller);
    check("perProvider", perProvider);
    check("inTotal", inTotal);
    if (idle.compareTo(LEAST_IDLE) < 0 || idle.compareTo(MOST_IDLE) > 0) {
      throw new IllegalArgumentException(
          "idle: " + idle + " (expected: " + LEAST_IDLE + " to " + MOST_IDLE + ")");
    }
  }

  /** Makes limits with the idle time of {@link #DEFAULT}. */
  public CallLimits(int perCaller, int perProvider, int inTotal) {
    this(perCaller, perProvider, inTotal, DEFAULT.idle());
  }

  private static void check(String name, int limit) {
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException(name + ": " + limit + " (expected: 1 to " + MOST + ")");
    }
  }
}
