package dev.tenon.router;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The caller of a call: how long it waits, and where it wants its events. Thread-safe. */
interface CallerSide {
  /**
   * The provider's timer for the caller's deadline may run before ours: by the rounding of {@code
   * grpc-timeout}, which is a millisecond where it matters, and by scheduling.
   */
  Duration NEAR = Duration.ofMillis(50);

  /** More than any provider takes to start. */
  Duration LONGEST = Duration.ofHours(1);

  /** Returns how long the caller waits at most; {@link #LONGEST} where it did not say. */
  Duration remaining();

  /** Returns whether the caller gave up, as far as its side of the call shows. */
  boolean isCancelled();

  /**
   * Completes {@code ready}, unless it is complete by then, when the caller gives up or waits no
   * longer; on a thread that the JVM's one timer does not need, since callers' code may follow.
   */
  void wakeWhenGone(CompletableFuture<?> ready);

  /**
   * Does {@code next} where the caller wants its events; or here, where that takes no more work: a
   * call has an end even if nobody is left to be told of it.
   */
  void execute(Runnable next);

  /** Returns whether the deadline is over, or has so little left that it may be. */
  default boolean isLate() {
    return remaining().compareTo(NEAR) < 0;
  }

  /** Returns whether the deadline is over. */
  default boolean isPastDeadline() {
    return remaining().isZero();
  }

  /** Returns whether the caller gave up, or its deadline may be over. */
  default boolean isGone() {
    return isCancelled() || isLate();
  }
}
