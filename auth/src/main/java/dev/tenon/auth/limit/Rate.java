package dev.tenon.auth.limit;

/**
 * How often something may happen.
 *
 * @param perSecond how often each second in the long run; 0 means that what is used up never comes
 *     back
 * @param burst how often at once after a rest; with 0 or less it may never happen
 */
public record Rate(double perSecond, int burst) {
  /**
   * Checks the rate.
   *
   * @throws IllegalArgumentException if {@code perSecond} is negative, infinite or no number
   */
  public Rate {
    if (!(perSecond >= 0 && perSecond <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("perSecond: " + perSecond + " (expected: >= 0, finite)");
    }
  }

  /** Returns the rate as the audit log has it, such as {@code 10/s, burst 20}. */
  @Override
  public String toString() {
    boolean whole = perSecond == Math.rint(perSecond) && perSecond < 1e15;
    return (whole ? String.valueOf((long) perSecond) : String.valueOf(perSecond))
        + "/s, burst "
        + burst;
  }
}
