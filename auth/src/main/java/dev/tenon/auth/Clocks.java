package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two clocks that a life is measured with: the wall clock, which the peer is told about and
 * which may be set, and a monotonic one in nanoseconds, which may not. Thread-safe if both are.
 *
 * @param tolerance how long after its end something is still good, for peers whose clocks are late
 */
public record Clocks(InstantSource wall, LongSupplier nanos, Duration tolerance) {
  /** Longest life of any token. */
  public static final Duration MAX_LIFE = Duration.ofHours(24);

  /** Longest tolerance. */
  public static final Duration MAX_TOLERANCE = Duration.ofMinutes(5);

  /**
   * Checks for null.
   *
   * @throws IllegalArgumentException if the tolerance is negative or longer than {@link
   *     #MAX_TOLERANCE}
   */
  public Clocks {
    requireNonNull(wall, "wall");
    requireNonNull(nanos, "nanos");
    if (tolerance.isNegative() || tolerance.compareTo(MAX_TOLERANCE) > 0) {
      throw new IllegalArgumentException(
          "clock tolerance: " + tolerance + " (expected: >= 0, at most PT5M)");
    }
  }

  /** Makes clocks without tolerance. */
  public Clocks(InstantSource wall, LongSupplier nanos) {
    this(wall, nanos, Duration.ZERO);
  }

  /** Returns the end of {@code life}, beginning now. */
  public Expiry after(Duration life) {
    return new Expiry(this, wall.instant().plus(life), nanos.getAsLong() + life.toNanos());
  }

  /**
   * Returns {@code life}.
   *
   * @throws IllegalArgumentException if it is not positive or longer than {@link #MAX_LIFE}
   */
  public static Duration requireLife(Duration life, String name) {
    requireNonNull(life, name);
    if (life.isNegative() || life.isZero() || life.compareTo(MAX_LIFE) > 0) {
      throw new IllegalArgumentException(name + ": " + life + " (expected: > 0, at most PT24H)");
    }
    return life;
  }
}
