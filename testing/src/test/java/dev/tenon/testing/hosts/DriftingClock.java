package dev.tenon.testing.hosts;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A clock that never goes back, and is never right: fast or slow, and on by a jump. Thread-safe.
 */
final class DriftingClock implements LongSupplier {
  private double rate = 1;
  private long real = System.nanoTime();
  private long shown = real;

  /** Lets the clock make {@code next} seconds of a real one from now on. */
  synchronized void rate(double next) {
    shown = getAsLong();
    rate = next;
  }

  /** Turns the clock on, as if its host had been frozen for {@code time}. */
  synchronized void jump(Duration time) {
    shown = getAsLong() + time.toNanos();
  }

  @Override
  public synchronized long getAsLong() {
    long now = System.nanoTime();
    shown += (long) ((now - real) * rate);
    real = now;
    return shown;
  }
}
