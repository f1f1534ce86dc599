package dev.tenon.host;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How a host starts a plugin again that ended by itself: after a pause, which doubles with each try
 * and varies by a fifth, so that plugins that ended together do not come back together.
 *
 * @param tries how many starts in a row may fail before the plugin stays down; 0: it is not started
 *     again at all
 * @param first pause before the first start
 * @param most longest pause
 * @param stable how long a plugin must have run, from its first report of health, for its next
 *     crash to be counted as the first
 */
public record RestartPolicy(int tries, Duration first, Duration most, Duration stable) {
  /** Most tries: a plugin that fails so often does not recover by another start. */
  public static final int MAX_TRIES = 100;

  private static final Duration MAX = Duration.ofDays(1);
  private static final double JITTER = 0.2;

  /** Pauses of about 1, 2, 4, 8 and 16 s; a minute without a crash makes a fresh start. */
  public static final RestartPolicy DEFAULT =
      new RestartPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofMinutes(1));

  /** A plugin that ended stays down. */
  public static final RestartPolicy NEVER =
      new RestartPolicy(0, DEFAULT.first, DEFAULT.most, DEFAULT.stable);

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if {@code tries} is not 0 to {@value #MAX_TRIES}, a duration
   *     is not positive or longer than a day, or {@code first} is longer than {@code most}
   */
  public RestartPolicy {
    if (tries < 0 || tries > MAX_TRIES) {
      throw new IllegalArgumentException("tries: " + tries + " (expected: 0 to " + MAX_TRIES + ")");
    }
    check("first", first);
    check("most", most);
    check("stable", stable);
    if (first.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          "first: " + first + " (expected: not longer than most, " + most + ")");
    }
  }

  private static void check(String name, Duration duration) {
    if (duration.isNegative() || duration.isZero() || duration.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0, at most P1D)");
    }
  }

  /** Returns the pause before the {@code attempt}th start in a row, from 1. */
  Duration pause(int attempt, RandomGenerator random) {
    double doubled = first.toNanos() * Math.pow(2, attempt - 1.0);
    double varied = doubled * (1 - JITTER + 2 * JITTER * random.nextDouble());
    return Duration.ofNanos(Math.min(most.toNanos(), (long) varied));
  }
}
