package dev.tenon.router;

import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deadline of unary calls that have none of their own. Calls that begin soon after one another
 * share one, which none of them has to make: it may be shorter for a call, by {@link #SHARED} or a
 * hundredth of it, whichever is less. Thread-safe.
 */
final class UnaryDeadline {
  /** For how long calls get a deadline that was made before, at most. */
  static final Duration SHARED = Duration.ofMillis(100);

  private static final int PARTS = 100;

  private final Duration most;
  private final long sharedNanos;
  private volatile @Nullable Made last;

  private record Made(Deadline deadline, long sinceNanos) {}

  /**
   * Makes it.
   *
   * @throws IllegalArgumentException if {@code most} is not positive
   */
  UnaryDeadline(Duration most) {
    if (most.isNegative() || most.isZero()) {
      throw new IllegalArgumentException("deadline: " + most + " (expected: > 0)");
    }
    this.most = most;
    this.sharedNanos = Math.min(SHARED.toNanos(), most.toNanos() / PARTS);
  }

  /** Returns the deadline of a call that begins at {@code nanos}, by {@link System#nanoTime}. */
  Deadline at(long nanos) {
    Made made = last;
    if (made == null || nanos - made.sinceNanos > sharedNanos) {
      made = new Made(Deadline.after(most.toNanos(), TimeUnit.NANOSECONDS), nanos);
      last = made;
    }
    return made.deadline;
  }
}
