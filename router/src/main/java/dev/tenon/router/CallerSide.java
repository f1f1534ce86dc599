package dev.tenon.router;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The caller of a call: how long it waits, and where it wants its events. Immutable and
 * thread-safe.
 *
 * @param options the call's options, of which the deadline and the executor are read
 * @param context where the call was started
 */
record CallerSide(CallOptions options, Context context) {
  /**
   * The provider's timer for the caller's deadline may run before ours: by the rounding of {@code
   * grpc-timeout}, which is a millisecond where it matters, and by scheduling.
   */
  private static final Duration NEAR = Duration.ofMillis(50);

  /** More than any provider takes to start. */
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Returns how long the caller waits at most. */
  Duration remaining() {
    Duration most = LONGEST;
    for (Deadline deadline : new Deadline[] {options.getDeadline(), context.getDeadline()}) {
      if (deadline != null) {
        Duration left = Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS));
        most = left.compareTo(most) < 0 ? left : most;
      }
    }
    return most.isNegative() ? Duration.ZERO : most;
  }

  /** Returns whether the deadline is over, or has so little left that it may be. */
  boolean isLate() {
    return remaining().compareTo(NEAR) < 0;
  }

  /**
   * Completes {@code ready} when the caller waits no longer, unless it is complete by then; on a
   * thread that the JVM's one timer does not need, since callers' code may follow.
   */
  void wakeWhenOver(CompletableFuture<?> ready) {
    CompletableFuture<Void> timer =
        new CompletableFuture<Void>()
            .completeOnTimeout(null, remaining().toNanos(), TimeUnit.NANOSECONDS);
    var unused = timer.thenRunAsync(() -> ready.complete(null));
    unused = ready.thenRun(() -> timer.cancel(false)); // and nothing waits for what has come
  }

  /** Returns whether the deadline is over. */
  boolean isOver() {
    return remaining().isZero();
  }

  /** Returns whether the caller's context was cancelled, or its deadline may be over. */
  boolean isGone() {
    return context.isCancelled() || isLate();
  }

  /**
   * Does {@code next} where the caller wants its events, in its context; or here, where that takes
   * no more work: a call has an end even if nobody is left to be told of it.
   */
  void execute(Runnable next) {
    Executor executor = executor(options);
    Runnable step = context.wrap(next);
    if (executor == null) {
      step.run();
    } else {
      executor.execute(step);
    }
  }

  /** Returns where {@code options} want events, as {@link #execute} takes it; null if anywhere. */
  static @Nullable Executor executor(CallOptions options) {
    Executor asked = options.getExecutor();
    return asked == null
        ? null
        : step -> {
          try {
            asked.execute(step);
          } catch (RejectedExecutionException e) {
            step.run();
          }
        };
  }
}
