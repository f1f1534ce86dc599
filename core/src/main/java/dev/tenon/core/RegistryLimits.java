package dev.tenon.core;

/**
 * How many registrations and watches a host keeps. What would exceed one of them is refused with
 * {@link Refusal#LIMIT_REACHED}, and room comes back when a registration or watch ends.
 *
 * @param registrationsPerRun registrations of one run of a plugin
 * @param registrationsPerService registrations of one service, by all runs
 * @param registrationsInTotal registrations of all services
 * @param watchesPerRun watches that one run of a plugin has open
 * @param watchesPerService watches of one service, by all runs that may know it
 */
public record RegistryLimits(
    int registrationsPerRun,
    int registrationsPerService,
    int registrationsInTotal,
    int watchesPerRun,
    int watchesPerService) {
  /** Greatest limit of anything for one run or one service. */
  public static final int MAX_EACH = 1000;

  /** Greatest limit of all registrations together; a host was measured with 10,000. */
  public static final int MAX_IN_TOTAL = 20_000;

  /** The limits of a host that is not told others. */
  public static final RegistryLimits DEFAULT = new RegistryLimits(100, 100, 5000, 10, 100);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is below 1 or above its maximum
   */
  public RegistryLimits {
    check("registrationsPerRun", registrationsPerRun, MAX_EACH);
    check("registrationsPerService", registrationsPerService, MAX_EACH);
    check("registrationsInTotal", registrationsInTotal, MAX_IN_TOTAL);
    check("watchesPerRun", watchesPerRun, MAX_EACH);
    check("watchesPerService", watchesPerService, MAX_EACH);
  }

  private static void check(String name, int limit, int max) {
    if (limit < 1 || limit > max) {
      throw new IllegalArgumentException(name + ": " + limit + " (expected: 1 to " + max + ")");
    }
  }
}
