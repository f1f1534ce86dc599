package dev.tenon.router.choose;

import dev.tenon.core.EjectionPolicy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Whether one provider is passed over for the errors that were seen of it. Thread-safe. */
final class Ejection {
  /** It is not, and was not. */
  static final long NEVER = Long.MIN_VALUE;

  /*
   * While the provider answers, an end reads two volatile fields and writes nothing. A window begins
   * with a failure; what ends until another failure comes after its time is counted in it. The lock
   * is for whoever ejects, which is rare: nothing is called under it but the clock.
   */
  private final EjectionPolicy policy;
  private final LongSupplier nanoTime;
  private final LongConsumer ejected;
  private final AtomicInteger consecutive = new AtomicInteger();
  private volatile @Nullable Window window;
  private volatile long untilNanos = NEVER;

  // Guarded by this.
  private int times;
  private long lastNanos;

  /**
   * Makes it.
   *
   * @param ejected told until when it is passed over, by the same clock
   */
  Ejection(EjectionPolicy policy, LongSupplier nanoTime, LongConsumer ejected) {
    this.policy = policy;
    this.nanoTime = nanoTime;
    this.ejected = ejected;
  }

  /** Returns until when it is passed over; {@link #NEVER} if it was not yet. */
  long untilNanos() {
    return untilNanos;
  }

  /** Returns whether it is to be passed over at {@code nanos}. */
  boolean isOut(long nanos) {
    long until = untilNanos;
    return until != NEVER && until - nanos > 0;
  }

  void ended(Outcome outcome) {
    switch (outcome) {
      case ANSWERED -> answered();
      case FAILED, BROKEN -> failed();
      case NOTHING -> {}
    }
  }

  private void answered() {
    if (consecutive.get() != 0) {
      consecutive.set(0);
    }
    Window counting = window;
    if (counting != null) {
      counting.calls.incrementAndGet();
    }
  }

  private void failed() {
    long nanos = nanoTime.getAsLong();
    int inARow = consecutive.incrementAndGet();
    Window counting = window;
    if (counting == null || nanos - counting.sinceNanos > policy.window().toNanos()) {
      counting = new Window(nanos);
      window = counting; // of two that come at once one counts in a window of its own
    }
    int calls = counting.calls.incrementAndGet();
    int failures = counting.failures.incrementAndGet();
    boolean isRow = policy.consecutive() > 0 && inARow >= policy.consecutive();
    boolean isShare =
        policy.percent() > 0
            && calls >= policy.calls()
            && failures * 100L >= (long) policy.percent() * calls;
    if (isRow || isShare) {
      eject(nanos);
    }
  }

  private void eject(long nanos) {
    long until;
    synchronized (this) {
      if (isOut(nanos)) {
        return;
      }
      boolean isFirst = times == 0 || nanos - lastNanos > policy.most().toNanos();
      times = isFirst ? 1 : times + 1;
      until = nanos + pauseNanos();
      if (until == NEVER) {
        until++;
      }
      lastNanos = until;
      untilNanos = until;
      consecutive.set(0);
      window = null;
    }
    ejected.accept(until);
  }

  private long pauseNanos() {
    double doubled = policy.base().toNanos() * Math.pow(2, times - 1.0);
    return (long) Math.min((double) policy.most().toNanos(), doubled);
  }

  /** Calls that ended from a failure on. */
  private static final class Window {
    private final long sinceNanos;
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();

    Window(long sinceNanos) {
      this.sinceNanos = sinceNanos;
    }
  }
}
