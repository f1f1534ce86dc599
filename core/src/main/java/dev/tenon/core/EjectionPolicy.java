package dev.tenon.core;

import java.time.Duration;

/**
 * When calls go around a run of a plugin because others serve better, whatever it reports of its
 * health. A call counts against it if it ends UNAVAILABLE, breaks off without a status, or gets no
 * answer at all for {@link #SILENCE} and longer.
 *
 * <p>Of the providers of a service no more than half are passed over, and never the last that could
 * take a call: so this shifts calls and refuses none.
 *
 * @param consecutive calls in a row that count against it; 0: however many
 * @param percent share of the calls of a window that count against it, of at least {@code calls};
 *     0: whatever share
 * @param calls how many calls a share is taken of at least
 * @param window how long calls are counted, from one that failed
 * @param base how long it is passed over; twice as long each time that follows soon
 * @param most how long at most, and how long without another until the next one is the first again
 */
public record EjectionPolicy(
    int consecutive, int percent, int calls, Duration window, Duration base, Duration most) {
  /** How long a provider has for the first sign of an answer before that counts. */
  public static final Duration SILENCE = Duration.ofSeconds(1);

  private static final int MOST_CALLS = 1_000_000;
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Five in a row, or half of 20 and more in 10 s; for 10 s, then 20, up to 5 minutes. */
  public static final EjectionPolicy DEFAULT =
      new EjectionPolicy(
          5, 50, 20, Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMinutes(5));

  /** No provider is passed over. */
  public static final EjectionPolicy NEVER =
      new EjectionPolicy(0, 0, DEFAULT.calls, DEFAULT.window, DEFAULT.base, DEFAULT.most);

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if {@code consecutive} is not 0 to 1,000,000, {@code percent}
   *     not 0 to 100, {@code calls} not 1 to 1,000,000, a duration not positive or longer than an
   *     hour, or {@code base} longer than {@code most}
   */
  public EjectionPolicy {
    check("consecutive", consecutive, 0, MOST_CALLS);
    check("percent", percent, 0, 100);
    check("calls", calls, 1, MOST_CALLS);
    check("window", window);
    check("base", base);
    check("most", most);
    if (base.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "base: " + base + " (expected: not longer than most, " + most + ")");
    }
  }

  private static void check(String name, int number, int least, int most) {
    if (number < least || number > most) {
      throw new IllegalArgumentException(
          name + ": " + number + " (expected: " + least + " to " + most + ")");
    }
  }

  private static void check(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0, at most PT1H)");
    }
  }
}
