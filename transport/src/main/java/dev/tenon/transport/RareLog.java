package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * A log that a peer cannot flood: after a line there is none for a second; each tells how many were
 * left out before it. If the next one comes soon after, that time doubles, up to a minute. Defects
 * of ours have a time of their own, so that peers cannot hide them. Thread-safe.
 */
public final class RareLog {
  /** Least time from line to line. */
  static final Duration SHORTEST = Duration.ofSeconds(1);

  /** The same, when there has been something to say for long. */
  static final Duration LONGEST = Duration.ofMinutes(1);

  private final Logger logger;
  private final LongSupplier nanoTime;
  private final Rate warnings;
  private final Rate defects;

  RareLog(Logger logger, LongSupplier nanoTime) {
    this.logger = logger;
    this.nanoTime = nanoTime;
    this.warnings = new Rate();
    this.defects = new Rate();
  }

  /** Returns the log of {@code owner}. */
  public static RareLog of(Class<?> owner) {
    return new RareLog(System.getLogger(owner.getName()), System::nanoTime);
  }

  /** Logs what a peer has done, or counts it as left out. */
  public void warn(String message) {
    if (warnings.isTime()) {
      logger.log(
          Level.WARNING,
          "{0} (left out since the last such line: {1})",
          message,
          warnings.left.sumThenReset());
    }
  }

  /** Logs a defect of ours, with its trace, or counts it as left out. */
  public void defect(String message, Throwable cause) {
    if (defects.isTime()) {
      logger.log(
          Level.WARNING,
          message + " (left out since the last such line: " + defects.left.sumThenReset() + ")",
          cause);
    }
  }

  /** Nothing is written for so long from {@code since} on, by the clock. */
  private record Silence(long since, Duration length) {
    boolean isOver(long now) {
      return now - since >= length.toNanos();
    }

    /** Returns what follows the line that is written now. */
    Silence next(long now) {
      Duration doubled = length.multipliedBy(2);
      boolean goesOn = now - since < doubled.toNanos();
      return new Silence(
          now, !goesOn ? SHORTEST : doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled);
    }
  }

  /** When there may be a line of one kind. */
  private final class Rate {
    final LongAdder left = new LongAdder();
    private final AtomicReference<Silence> silence =
        new AtomicReference<>(new Silence(nanoTime.getAsLong(), Duration.ZERO));

    boolean isTime() {
      long now = nanoTime.getAsLong();
      Silence before = requireNonNull(silence.get(), "silence");
      if (before.isOver(now) && silence.compareAndSet(before, before.next(now))) {
        return true;
      }
      left.increment();
      return false;
    }
  }
}
