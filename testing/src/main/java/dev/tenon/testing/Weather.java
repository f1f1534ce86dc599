package dev.tenon.testing;

import java.time.Duration;

/** How bad the network of a {@link FaultProxy} is at the moment. Thread-safe. */
final class Weather {
  private static final long NANOS = 1_000_000_000;

  /* All fields are touched under `this`, which is notified when silence ends. */
  private Duration delay = Duration.ZERO;
  private long bytesPerSecond = Long.MAX_VALUE;
  private boolean silent;

  synchronized void delay(Duration time) {
    delay = time;
  }

  synchronized void throttle(long rate) {
    bytesPerSecond = rate;
  }

  synchronized void silence() {
    silent = true;
  }

  synchronized void clear() {
    delay = Duration.ZERO;
    bytesPerSecond = Long.MAX_VALUE;
    silent = false;
    notifyAll();
  }

  /** Returns the delay of what arrives now, in nanoseconds. */
  synchronized long delayNanos() {
    return delay.toNanos();
  }

  /** Returns how long {@code bytes} take, in nanoseconds. */
  synchronized long durationNanos(int bytes) {
    return bytesPerSecond == Long.MAX_VALUE ? 0 : bytes * NANOS / bytesPerSecond;
  }

  /** Returns how many bytes to take at once, at most {@code most}: a tenth of a second's. */
  synchronized int chunk(int most) {
    return (int) Math.max(1, Math.min(most, bytesPerSecond / 10));
  }

  /** Waits while nothing may pass. */
  synchronized void awaitSound() throws InterruptedException {
    while (silent) {
      wait();
    }
  }
}
