package dev.tenon.router;

import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.AuditMode;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.core.Identity;
import dev.tenon.core.OnBehalfOf;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call of one caller: decided when it starts, on the thread that starts it; then the provider's
 * call with the metadata rules around it. A refused call ends before {@link #start} returns. Where
 * a record must be on disk first, the call is pending until it is, on no thread.
 */
final class RoutedCall<Q, R> extends ForwardingClientCall<Q, R> {
  /*
   * `cancelled` and `ended` are set before `started` is read, and read after it is set: whichever
   * comes second cancels the provider's call, and never before that has started, which grpc-java
   * does not allow.
   */

  private final Router router;
  private final Identity caller;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final ProviderStatus providerStatus =
      new ProviderStatus(this::isCancelledHere, this::giveBack);
  private volatile ClientCall<Q, R> delegate = new NoCall<>(Status.INTERNAL);
  private volatile CallerSide side;
  private volatile CallCaps.@Nullable Seat seat;
  private volatile @Nullable Route route;
  private volatile @Nullable PendingCall<Q, R> pending;
  private volatile @Nullable CompletableFuture<?> waiting;
  private volatile long begunNanos;
  private volatile boolean started;
  private volatile boolean cancelled;
  private final AtomicReference<@Nullable Refusal> ended = new AtomicReference<>();
  private volatile boolean over;

  RoutedCall(Router router, Identity caller, MethodDescriptor<Q, R> method, CallOptions options) {
    this.router = router;
    this.caller = caller;
    this.method = method;
    this.options = options;
    this.side = new CallerSide(options, Context.ROOT);
  }

  Identity caller() {
    return caller;
  }

  /**
   * Returns whether the call went to {@code provider}, or is choosing now. A call that waits
   * chooses later, among those that are there then.
   */
  boolean mayReach(RuntimeId provider) {
    Route chosen = route;
    return chosen == null ? waiting == null : chosen.provider().equals(provider.value());
  }

  /** Returns whether the call was let in with {@code grant}. */
  boolean isUnder(LiveGrant grant) {
    Route chosen = route;
    return chosen != null && chosen.grant().filter(shown -> shown.live() == grant).isPresent();
  }

  /** Returns whether the call has ended; its caller may still have to be told. */
  boolean isOver() {
    return over;
  }

  @Override
  protected ClientCall<Q, R> delegate() {
    return delegate;
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    side = new CallerSide(options, Context.current());
    begunNanos = System.nanoTime();
    try {
      CallCaps.Seat taken = router.enter(this);
      seat = taken;
      begin(taken, listener, headers, side.remaining());
    } catch (RefusedException full) {
      close(listener, ProviderStatus.End.of(RefusalStatus.of(full)));
    }
  }

  private void begin(
      CallCaps.Seat taken, Listener<R> listener, Metadata headers, Duration patience) {
    try {
      Route chosen =
          router.route(caller, method.getFullMethodName(), headers, patience, taken, options);
      route = chosen;
      router.open().chosen(this);
      if (chosen.recorded().isDone()) {
        go(chosen, listener, headers);
      } else {
        await(
            chosen.recorded().handle((done, failure) -> Boolean.TRUE),
            listener,
            () -> go(chosen, listener, headers));
      }
    } catch (ProviderStarting starting) {
      await(starting.await(), listener, () -> begin(taken, listener, headers, Duration.ZERO));
    } catch (RefusedException refused) {
      close(listener, ProviderStatus.End.of(RefusalStatus.of(refused)));
    } catch (RuntimeException | Error e) {
      abandon();
      throw e;
    }
  }

  /** Relays the call, whose record is on disk unless it could not be written. */
  private void go(Route chosen, Listener<R> listener, Metadata headers) {
    if (chosen.recorded().isCompletedExceptionally()) {
      close(listener, ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL)));
      return;
    }
    if (!chosen.isOpen()) {
      end(Refusal.GRANT_NOT_ACCEPTED); // whoever ended the grant may not have seen this call
    }
    if (!router.isCurrent(chosen.permit())) {
      reauthorize(); // a policy that came while the call was decided
    }
    if (cancelled || isEnded()) {
      finish(listener, chosen, endedOr(ProviderStatus::cancelled));
    } else if (!chosen.recorded().isDone()) { // whoever woke it, it goes nowhere without a record
      close(listener, ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL)));
    } else if (!chosen.openCallback()) {
      ProviderStatus.End gone = ProviderStatus.End.of(RefusalStatus.of(Refusal.UNAVAILABLE));
      finish(listener, chosen, endedOr(() -> gone));
    } else {
      relay(chosen, listener, headers);
    }
  }

  private void relay(Route chosen, Listener<R> listener, Metadata headers) {
    ServiceName service = chosen.permit().path().service();
    CallCounters.Cell counted =
        router.counters().started(CallCounters.nameOf(caller), chosen.providerName(), service);
    router.logStart(chosen);
    ClientCall<Q, R> call =
        router.newCall(this, chosen, method, ForwardedOptions.of(options, providerStatus));
    Responses<Q, R> responses = new Responses<>(this, call, listener, chosen, counted);
    PendingCall<Q, R> waited = pending;
    if (waited == null) {
      delegate = call;
    }
    Metadata forwarded = MetadataRules.request(headers, caller.id());
    chosen
        .delegation()
        .ifPresent(by -> forwarded.put(OnBehalfOf.HEADER, by.token().exposeForWire()));
    chosen.grant().ifPresent(grant -> MetadataRules.stamp(forwarded, grant.now()));
    chosen.callback().ifPresent(given -> MetadataRules.stamp(forwarded, given.callback()));
    call.start(responses, forwarded);
    if (waited != null) {
      waited.passTo(call);
    }
    started = true;
    if (cancelled || isEnded()) {
      call.cancel("cancelled while it started", /* cause= */ null);
    }
  }

  /** Notes that {@code call} is about to say that it is ready. */
  void readyBy(ClientCall<Q, R> call) {
    PendingCall<Q, R> waited = pending;
    if (waited != null) {
      waited.readyBy(call);
    }
  }

  /** Takes that the provider's call has ended, {@code nanos} after it began. */
  void closed(Listener<R> listener, Route taken, Status status, Metadata trailers, long nanos) {
    router.logEnd(taken, status, nanos);
    finish(listener, taken, endedOr(() -> providerStatus.end(status, trailers)));
  }

  /**
   * Waits, on no thread, until {@code ready} is complete, by whoever comes first: the start of a
   * provider, the commit of a record, the caller's patience, cancelling. Then does {@code next}
   * where the caller wants its events.
   */
  private void await(CompletableFuture<?> ready, Listener<R> listener, Runnable next) {
    if (pending == null) {
      PendingCall<Q, R> call = new PendingCall<>();
      pending = call;
      delegate = call;
    }
    waiting = ready;
    router.open().chosen(this);
    Context.CancellationListener wake = gone -> ready.complete(null);
    Context context = side.context();
    context.addListener(wake, Runnable::run);
    var unused =
        ready.whenComplete(
            (found, failure) -> {
              context.removeListener(wake);
              side.execute(() -> resume(listener, next));
            });
    if (cancelled || isEnded()) {
      ready.complete(null);
    }
    if (options.getDeadline() != null) { // Until the provider is called nobody else holds to it.
      side.wakeWhenOver(ready);
    }
  }

  private void resume(Listener<R> listener, Runnable next) {
    waiting = null;
    Route chosen = route;
    boolean isRecorded = chosen != null && chosen.recorded().isDone();
    boolean isGone = isRecorded ? side.context().isCancelled() || side.isOver() : side.isGone();
    if (chosen != null && (isEnded() || cancelled)) {
      take(next); // Its record may say that it was about to go: then how it ended is due.
    } else if (isEnded()) {
      close(listener, endedOr(ProviderStatus::cancelled));
    } else if (cancelled || isGone) {
      boolean late = !cancelled && side.isLate();
      ProviderStatus.End end = late ? ProviderStatus.late() : ProviderStatus.cancelled();
      if (chosen == null) {
        close(listener, end);
      } else {
        finish(listener, chosen, end);
      }
    } else {
      take(next);
    }
  }

  private void take(Runnable next) {
    try {
      next.run();
    } catch (RuntimeException | Error e) {
      abandon();
      throw e;
    }
  }

  /** Ends the call; where the rule wants each call on record, once the record is on disk. */
  private void finish(Listener<?> listener, Route taken, ProviderStatus.End end) {
    if (taken.permit().audit() != AuditMode.CALL) {
      close(listener, end);
      return;
    }
    Duration took = Duration.ofNanos(Math.max(0, System.nanoTime() - begunNanos));
    CompletableFuture<Void> outcome = router.audit().outcome(taken, end.status(), took);
    ProviderStatus.End failed = ProviderStatus.End.afterRelay(RefusalStatus.of(Refusal.INTERNAL));
    if (outcome.isDone()) {
      close(listener, outcome.isCompletedExceptionally() ? failed : end);
      return;
    }
    var unused =
        outcome.whenComplete(
            (done, failure) -> side.execute(() -> close(listener, failure == null ? end : failed)));
  }

  private void close(Listener<?> listener, ProviderStatus.End end) {
    over = true;
    giveBack(); // before its caller is told, who may start another at once
    try {
      listener.onClose(end.status(), end.trailers());
    } finally {
      router.open().remove(this);
    }
  }

  /** Gives back what the call took of the caps, and what its provider got. Idempotent. */
  private void giveBack() {
    endCallback();
    CallCaps.Seat taken = seat;
    if (taken != null) {
      taken.leave();
    }
  }

  /** Forgets the call, whose caller is told of its fault by what it throws. Idempotent. */
  private void abandon() {
    giveBack();
    router.open().remove(this);
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    cancelled = true;
    wake();
    if (started) {
      delegate.cancel(message, cause);
    } else {
      giveBack(); // Its caller's executor may never come to what follows.
    }
  }

  private void endCallback() {
    Route chosen = route;
    if (chosen != null) {
      chosen.endCallback();
    }
  }

  private void wake() {
    endCallback(); // now, and not when the provider's stream has ended
    CompletableFuture<?> ready = waiting;
    if (ready != null) {
      ready.complete(null);
    }
  }

  /*
   * grpc-java does not allow messages after a cancellation. A caller that cancels knows; one whose
   * call is ended here may be sending.
   */
  @Override
  public void sendMessage(Q message) {
    try {
      delegate.sendMessage(message);
    } catch (IllegalStateException e) {
      requireEnded(e);
    }
  }

  @Override
  public void halfClose() {
    try {
      delegate.halfClose();
    } catch (IllegalStateException e) {
      requireEnded(e);
    }
  }

  private void requireEnded(IllegalStateException e) {
    if (!isEnded()) {
      throw e;
    }
  }

  /** Ends the call if the policy that is in force now denies it. */
  void reauthorize() {
    Route taken = route;
    if (taken == null) {
      return; // it is decided, or decided again, by the policy of that moment
    }
    try {
      router.reauthorize(taken.permit());
    } catch (CallDeniedException denied) {
      if (!isEnded() && !over) {
        router.recordEnd(denied, taken.permit());
        end(denied.refusal());
      }
    }
  }

  /** Ends the call from here; its caller is told {@code refusal}. */
  void end(Refusal refusal) {
    ended.compareAndSet(null, refusal);
    wake();
    if (started) {
      delegate.cancel("ended by the router", /* cause= */ null);
    } else {
      giveBack(); // as in cancel
    }
  }

  /** Returns whether the call was ended from here. */
  boolean isEnded() {
    return ended.get() != null;
  }

  /** Returns how the call was ended from here; {@code end} where it was not. */
  private ProviderStatus.End endedOr(Supplier<ProviderStatus.End> end) {
    Refusal refusal = ended.get();
    return refusal == null ? end.get() : ProviderStatus.End.afterRelay(RefusalStatus.of(refusal));
  }

  /** Returns whether the caller cancelled, or its deadline has so little left that it may have. */
  private boolean isCancelledHere() {
    return cancelled || side.isGone();
  }
}
