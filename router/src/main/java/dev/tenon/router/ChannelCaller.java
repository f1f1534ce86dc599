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
 */
record ChannelCaller(CallOptions options, Context context) implements CallerSide {
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
    Deadline ofCall = options.getDeadline();
    Deadline ofContext = context.getDeadline();
    if (ofCall == null || ofContext == null) {
      return ofCall == null ? ofContext : ofCall;
    }
    return ofCall.minimum(ofContext);
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
    if (options.getDeadline() != null) {
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
