package dev.tenon.router;

import dev.tenon.core.CallPath;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RetryPolicy;
import dev.tenon.router.choose.Retries;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a call goes that did not get out, or that its provider could not serve and that may be made
 * twice. Each attempt is chosen and, where the rule wants that, recorded as a call of its own; see
 * docs/adr/0049. For one call, of which one attempt is made at a time: each begins after the last
 * one ended, on whatever threads.
 */
final class Repeats<Q, R> implements RepeatedCall.Attempts<Q, R> {
  private final OpenCall call;
  private final Retries retries;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final ProviderStatus watch;
  private final CallPath path;
  private final boolean isIdempotent;
  private final @Nullable Deadline total;
  private Route route;
  private Status last = Status.UNAVAILABLE;
  private int attempts = 1;
  private long sinceNanos = System.nanoTime();

  /**
   * Makes the attempts of {@code call}, of which the first takes {@code route}.
   *
   * @param options of each attempt, with {@code watch} among them
   */
  Repeats(
      OpenCall call,
      Route route,
      Retries retries,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      ProviderStatus watch) {
    this.call = call;
    this.route = route;
    this.retries = retries;
    this.method = method;
    this.options = options;
    this.watch = watch;
    this.path = route.permit().path();
    this.isIdempotent = retries.isIdempotent(path);
    this.total =
        isIdempotent ? Deadline.after(retries.total().toNanos(), TimeUnit.NANOSECONDS) : null;
  }

  @Override
  public ClientCall<Q, R> first(ClientStreamTracer.Factory watched) {
    if (isIdempotent) {
      retries.called(path);
    }
    return made(route, watched);
  }

  private ClientCall<Q, R> made(Route by, ClientStreamTracer.Factory watched) {
    CallOptions own = options.withStreamTracerFactory(watched);
    Deadline asked = own.getDeadline();
    if (total != null && (asked == null || total.isBefore(asked))) {
      own = own.withDeadline(total);
    }
    return by.channel().newCall(method, own);
  }

  @Override
  public boolean isIdempotent() {
    return isIdempotent;
  }

  @Override
  public Optional<CompletableFuture<?>> again(Status status, Metadata trailers, boolean wasSent) {
    call.visits().ended(status, watch.isProviders(status), watch.isAnswered());
    if (status.getCode() != Status.Code.UNAVAILABLE || call.isEnded() || call.isCancelledHere()) {
      return Optional.empty();
    }
    Optional<Duration> pause = pause(status, trailers, wasSent);
    if (pause.isEmpty()) {
      return Optional.empty();
    }
    last = status;
    attempts++;
    route.counted().failed();
    call.router().logEnd(route, status, System.nanoTime() - sinceNanos);
    if (pause.get().isZero()) {
      return Optional.of(CompletableFuture.completedFuture(null));
    }
    CompletableFuture<Void> due = new CompletableFuture<>();
    ChannelCaller.wakeAfter(pause.get(), due);
    call.side().wakeWhenGone(due);
    return Optional.of(due);
  }

  private Optional<Duration> pause(Status status, Metadata trailers, boolean wasSent) {
    if (!wasSent
        && attempts < RetryPolicy.MOST_ATTEMPTS
        && call.router().hasOthers(call, path.service())) {
      return Optional.of(Duration.ZERO);
    }
    return isIdempotent ? retries.next(path, attempts, status, trailers, left()) : Optional.empty();
  }

  private Duration left() {
    Duration asked = call.side().remaining();
    Deadline all = total;
    Duration own = all == null ? asked : Duration.ofNanos(all.timeRemaining(TimeUnit.NANOSECONDS));
    return own.compareTo(asked) < 0 ? own : asked;
  }

  @Override
  public void next(
      ClientStreamTracer.Factory watched,
      Consumer<ClientCall<Q, R>> start,
      Consumer<@Nullable Status> otherwise) {
    call.side().execute(() -> choose(watched, start, otherwise));
  }

  private void choose(
      ClientStreamTracer.Factory watched,
      Consumer<ClientCall<Q, R>> start,
      Consumer<@Nullable Status> otherwise) {
    if (isOver()) {
      otherwise.accept(overStatus());
      return;
    }
    Route before = route;
    Route chosen;
    try {
      chosen = call.visits().again();
    } catch (RefusedException | ProviderStarting refused) {
      otherwise.accept(null);
      return;
    }
    CompletableFuture<?> ready = call.visits().recorded(before, last, chosen);
    if (ready.isDone()) {
      go(chosen, ready, watched, start, otherwise);
    } else {
      var unused =
          ready.whenComplete(
              (done, failure) ->
                  call.side().execute(() -> go(chosen, ready, watched, start, otherwise)));
    }
  }

  private void go(
      Route chosen,
      CompletableFuture<?> ready,
      ClientStreamTracer.Factory watched,
      Consumer<ClientCall<Q, R>> start,
      Consumer<@Nullable Status> otherwise) {
    if (ready.isCompletedExceptionally()) {
      otherwise.accept(null);
    } else if (isOver()) {
      otherwise.accept(overStatus());
    } else {
      route = chosen;
      sinceNanos = System.nanoTime();
      chosen.counted().started();
      call.router().logStart(chosen);
      start.accept(made(chosen, watched));
    }
  }

  private boolean isOver() {
    return call.isEnded() || call.isCancelledHere();
  }

  private Status overStatus() {
    return call.side().isLate() ? Status.DEADLINE_EXCEEDED : Status.CANCELLED;
  }
}
