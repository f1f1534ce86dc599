package dev.tenon.transport;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * A log that a peer cannot flood: at most one line a period, which tells how many were left out
 * before it. Thread-safe.
 */
public final class RareLog {
  private final Logger logger;
  private final long periodNanos;
  private final LongSupplier nanoTime;
  private final AtomicLong last;
  private final LongAdder left = new LongAdder();

  RareLog(Logger logger, Duration period, LongSupplier nanoTime) {
    this.logger = logger;
    this.periodNanos = period.toNanos();
    this.nanoTime = nanoTime;
    this.last = new AtomicLong(nanoTime.getAsLong() - periodNanos);
  }

  /** Returns a log with at most one line a second. */
  public static RareLog of(Class<?> owner) {
    return new RareLog(System.getLogger(owner.getName()), Duration.ofSeconds(1), System::nanoTime);
  }

  public void warn(String message) {
    if (isTime()) {
      logger.log(
          Level.WARNING,
          "{0} (left out since the last such line: {1})",
          message,
          left.sumThenReset());
    }
  }

  /** Logs a defect of ours, with its trace; of the same rate. */
  public void defect(String message, Throwable cause) {
    if (isTime()) {
      logger.log(
          Level.WARNING,
          message + " (left out since the last such line: " + left.sumThenReset() + ")",
          cause);
    }
  }

  private boolean isTime() {
    long now = nanoTime.getAsLong();
    long before = last.get();
    if (now - before < periodNanos || !last.compareAndSet(before, now)) {
      left.increment();
      return false;
    }
    return true;
  }
}
