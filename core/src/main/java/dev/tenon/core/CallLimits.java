package dev.tenon.core;

/**
 * How many relayed calls a host has open at once. What would exceed one of them is refused with
 * {@link Refusal#LIMIT_REACHED} and never queued, and room comes back when a call ends.
 *
 * @param perCaller calls of one run of a plugin, over all of its connections; or of the host
 * @param perProvider calls at one run of a plugin, or at all services of the host together
 * @param inTotal calls of all callers
 */
public record CallLimits(int perCaller, int perProvider, int inTotal) {
  /** Greatest limit of anything. */
  public static final int MOST = 1_000_000;

  /**
   * The limits of a host that is not told others: two callers are needed to fill one provider, and
   * ten to fill the host.
   */
  public static final CallLimits DEFAULT = new CallLimits(1_000, 2_000, 10_000);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is below 1 or above {@link #MOST}
   */
  public CallLimits {
    check("perCaller", perCaller);
    check("perProvider", perProvider);
    check("inTotal", inTotal);
  }

  private static void check(String name, int limit) {
    if (limit < 1 || limit > MOST) {
      throw new IllegalArgumentException(name + ": " + limit + " (expected: 1 to " + MOST + ")");
    }
  }
}
