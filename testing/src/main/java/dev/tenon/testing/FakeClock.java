package dev.tenon.testing;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that runs like the system's and can be set forward, so that a test need not wait until
 * something expires. Thread-safe.
 *
 * <pre>{@code
 * tenon.clock().advance(Duration.ofHours(2)); // every token and certificate of the test has expired
 * }</pre>
 *
 * <p>What runs on timers, such as a renewal at half life, keeps to the time of the machine.
 */
public final class FakeClock implements InstantSource {
  private Duration ahead = Duration.ZERO;

  /** Makes a clock that shows the system's time. */
  public FakeClock() {}

  @Override
  public synchronized Instant instant() {
    return Instant.now().plus(ahead);
  }

  /**
   * Sets the clock forward.
   *
   * @throws IllegalArgumentException if {@code time} is negative
   */
  public synchronized void advance(Duration time) {
    requireNonNull(time, "time");
    if (time.isNegative()) {
      throw new IllegalArgumentException("advance: " + time + " (expected: >= 0)");
    }
    ahead = ahead.plus(time);
  }
}
