package dev.tenon.router.choose;

import dev.tenon.core.RetryPolicy;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls may be made again: one for each {@value #CALLS_FOR_ONE} that are made, beyond a
 * reserve of {@link RetryPolicy#RESERVE}. So when all providers of a service fail, it gets a tenth
 * more calls than it would, and not three times as many. Thread-safe; takes no lock.
 */
final class RetryBudget {
  /** A tenth of the calls. */
  static final int CALLS_FOR_ONE = 10;

  private static final int FULL = RetryPolicy.RESERVE * CALLS_FOR_ONE;

  private final AtomicInteger balance = new AtomicInteger(FULL);

  /** Counts a call that is made for the first time. */
  void called() {
    if (balance.get() < FULL) {
      balance.getAndUpdate(now -> Math.min(FULL, now + 1));
    }
  }

  /** Returns whether a call may be made again now, and takes it from the budget if so. */
  boolean take() {
    return balance.getAndUpdate(now -> now < CALLS_FOR_ONE ? now : now - CALLS_FOR_ONE)
        >= CALLS_FOR_ONE;
  }
}
