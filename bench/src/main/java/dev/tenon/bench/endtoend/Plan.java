package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How thoroughly a comparison measures.
 *
 * @param rounds how often each way is measured under each load
 * @param hostWarmUp how long each of Tenon's JVMs is warmed under each load, before the first round
 * @param warmUp how long each connection is used before its calls count
 * @param window how long calls count
 */
public record Plan(int rounds, Duration hostWarmUp, Duration warmUp, Duration window) {
  /** Checks for null and for a round at least. */
  public Plan {
    requireNonNull(hostWarmUp, "hostWarmUp");
    requireNonNull(warmUp, "warmUp");
    requireNonNull(window, "window");
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds: " + rounds + " (expected: > 0)");
    }
  }

  /** Returns the plan for numbers that are written down; it takes about 18 minutes. */
  public static Plan full() {
    return new Plan(5, Duration.ofMillis(4_000), Duration.ofMillis(300), Duration.ofMillis(1_000));
  }

  /** Returns the plan of two ways under one load; it takes less than a minute. */
  public static Plan guard() {
    return new Plan(5, Duration.ofMillis(10_000), Duration.ofMillis(300), Duration.ofMillis(1_000));
  }

  /** Returns the plan that only shows that everything works; its numbers mean nothing. */
  public static Plan brief() {
    return new Plan(1, Duration.ofMillis(200), Duration.ofMillis(50), Duration.ofMillis(100));
  }
}
