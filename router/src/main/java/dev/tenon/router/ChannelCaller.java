package dev.tenon.router;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A caller that uses a channel. Immutable and thread-safe.
 *
 * @param options the call's options, of which the deadline and the executor are read
 * @param context where the call was started
 * @param otherwise the deadline where {@code options} have none; null if there is none then
 */
record ChannelCaller(CallOptions options, Context context, @Nullable Deadline otherwise)
    implements CallerSide {
  ChannelCaller(CallOptions options, Context context) {
    this(options, context, /* otherwise= */ null);
  }

  @Override
  public Duration remaining() {
    Deadline deadline = deadline();
    if (deadline == null) {
      return LONGEST;
    }
    Duration left = Duration.ofNanos(deadline.timeRemaining(NANOSECONDS));
    if (left.isNegative()) {
      return Duration.ZERO;
    }
    return left.compareTo(LONGEST) < 0 ? left : LONGEST;
  }

  /** Returns the earlier of the two deadlines that the call has, if any. */
  @Nullable Deadline deadline() {
    Deadline ofCall = ofCall();
    Deadline ofContext = context.getDeadline();
    if (ofCall == null || ofContext == null) {
      return ofCall == null ? ofContext : ofCall;
    }
    return ofCall.minimum(ofContext);
  }

  /** Returns the deadline of the call itself, if any. */
  @Nullable Deadline ofCall() {
    Deadline asked = options.getDeadline();
    return asked == null ? otherwise : asked;
  }

  /** Returns this caller, which waits for {@code most} from now at most. */
  ChannelCaller atMost(Duration most) {
    return most.compareTo(remaining()) < 0
        ? new ChannelCaller(
            options.withDeadlineAfter(most.toNanos(), NANOSECONDS), context, otherwise)
        : this;
  }

  @Override
  public boolean isCancelled() {
    return context.isCancelled();
  }

  /** A context has a timer of its own; until the provider is called nobody holds to the options. */
  @Override
  public void wakeWhenGone(CompletableFuture<?> ready) {
    Context.CancellationListener wake = gone -> ready.complete(null);
    context.addListener(wake, Runnable::run);
    var unused = ready.whenComplete((found, failure) -> context.removeListener(wake));
    if (ofCall() != null) {
      wakeAfter(remaining(), ready);
    }
  }

  /** Completes {@code ready} after {@code wait}, as {@link #wakeWhenGone} does. */
  static void wakeAfter(Duration wait, CompletableFuture<?> ready) {
    CompletableFuture<Void> timer =
        new CompletableFuture<Void>().completeOnTimeout(null, wait.toNanos(), NANOSECONDS);
    var unused = timer.thenRunAsync(() -> ready.complete(null));
    unused = ready.thenRun(() -> timer.cancel(false)); // and nothing waits for what has come
  }

  /** Does {@code next} in the caller's context too. */
  @Override
  public void execute(Runnable next) {
    Executor executor = executor(options);
    Runnable step = context.wrap(next);
    if (executor == null) {
      step.run();
    } else {
      executor.execute(step);
    }
  }

  /** Does {@code next} where the caller wants its events, which it takes to its context itself. */
  void executeBare(Runnable next) {
    Executor executor = options.getExecutor();
    if (executor == null) {
      next.run();
      return;
    }
    try {
      executor.execute(next);
    } catch (RejectedExecutionException e) {
      next.run();
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
