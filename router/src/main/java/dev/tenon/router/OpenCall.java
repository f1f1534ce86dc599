package dev.tenon.router;

import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.AuditMode;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.router.choose.Outcome;
import io.grpc.Metadata;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The life of one call, however it came in: it is counted, decided when it starts, on the thread
 * that starts it, then goes to its provider, until it ends or is ended. Where a record must be on
 * disk first, or its provider is being started, the call is pending until then, on no thread.
 *
 * <p>How it gets to its provider and back is a front's matter. Thread-safe, but that {@link #enter}
 * and {@link #closed} are called once.
 *
 * <p>It is long because it is one: its steps share the few flags below, and each of them has to
 * look at those that others set meanwhile.
 */
abstract class OpenCall extends CallSet.Member {
  /*
   * `cancelled` and `ended` are set before `started` is read, and read after it is set: whichever
   * comes second cancels the provider's call, and never before that has started, which a front need
   * not allow.
   */

  private static final AtomicReferenceFieldUpdater<OpenCall, @Nullable Refusal> ENDED =
      AtomicReferenceFieldUpdater.newUpdater(OpenCall.class, Refusal.class, "ended");

  private final Router router;
  private final KnownCaller caller;
  private volatile @Nullable Route route;
  private volatile @Nullable CompletableFuture<?> waiting;
  private volatile boolean started;
  private volatile boolean cancelled;
  private volatile @Nullable Refusal ended;
  private volatile boolean over;
  private final Visits visits = new Visits(this);

  OpenCall(Router router, KnownCaller caller) {
    this.router = router;
    this.caller = caller;
  }

  /**
   * Returns what is called.
   *
   * @throws IllegalArgumentException if what the caller sent is not the path of a call
   */
  abstract CallSite site();

  /** Returns what the caller asks of the router itself, among other things perhaps. */
  abstract Metadata headers();

  /** Returns what the provider may call back meanwhile, if anything. */
  abstract @Nullable ServerServiceDefinition offered();

  /** Returns when the call came, by {@link System#nanoTime}. */
  abstract long arrivedNanos();

  /** Returns whether the call can go as frames. */
  abstract boolean isOfWire();

  abstract CallerSide side();

  /** Takes that the call waits; what its caller does meanwhile is to be kept. */
  abstract void pend();

  /** Has the call take {@code most} at most, counted from when it came. Before {@link #relay}. */
  abstract void limit(Duration most);

  /** Takes the call to its provider. Called once at most. */
  abstract void relay(Route chosen);

  /**
   * Ends the call at its provider, to which it went; {@link #closed} or {@link #ending} is to
   * follow. From any thread.
   */
  abstract void cancelRelayed(String why);

  /** Tells the caller how the call ended. Called once at most, and last. */
  abstract void tell(ProviderStatus.End end);

  final Router router() {
    return router;
  }

  final Identity caller() {
    return caller.identity();
  }

  final KnownCaller known() {
    return caller;
  }

  /**
   * Returns whether the call went to {@code provider}, or is choosing now. A call that waits
   * chooses later, among those that are there then.
   */
  final boolean mayReach(RuntimeId provider) {
    Route chosen = route;
    return chosen == null ? waiting == null : chosen.provider().equals(provider.value());
  }

  /** Returns whether the call was let in with {@code grant}. */
  final boolean isUnder(LiveGrant grant) {
    Route chosen = route;
    return chosen != null && chosen.grant().filter(shown -> shown.live() == grant).isPresent();
  }

  /** Returns whether the call has ended; its caller may still have to be told. */
  final boolean isOver() {
    return over;
  }

  /**
   * Counts the call, and takes it to its provider if all is well; a refused call ends before this
   * returns.
   */
  final void enter() {
    CallCaps.Seat taken;
    try {
      taken = router.enter(this);
    } catch (RefusedException full) {
      close(ProviderStatus.End.of(RefusalStatus.of(full)));
      return;
    }
    visits.seated(taken, arrivedNanos());
    choose(taken, /* patient= */ true);
  }

  private void choose(CallCaps.Seat taken, boolean patient) {
    try {
      Route chosen = router.route(this, taken, patient);
      route = chosen;
      router.open().chosen(this);
      if (chosen.recorded().isDone()) {
        go(chosen);
      } else {
        await(chosen.recorded().handle((done, failure) -> Boolean.TRUE), () -> go(chosen));
      }
    } catch (ProviderStarting starting) {
      await(starting.await(), () -> choose(taken, /* patient= */ false));
    } catch (RefusedException refused) {
      close(ProviderStatus.End.of(RefusalStatus.of(refused)));
    } catch (RuntimeException | Error e) {
      abandon();
      throw e;
    }
  }

  /** Relays the call, whose record is on disk unless it could not be written. */
  private void go(Route chosen) {
    if (chosen.recorded().isCompletedExceptionally()) {
      close(ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL)));
      return;
    }
    if (!chosen.isOpen()) {
      end(Refusal.GRANT_NOT_ACCEPTED); // whoever ended the grant may not have seen this call
    }
    if (!router.isCurrent(chosen.permit())) {
      reauthorize(); // a policy that came while the call was decided
    }
    if (cancelled || isEnded()) {
      finish(chosen, endedOr(ProviderStatus::cancelled));
    } else if (!chosen.recorded().isDone()) { // whoever woke it, it goes nowhere without a record
      close(ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL)));
    } else if (!chosen.openCallback()) {
      ProviderStatus.End gone = ProviderStatus.End.of(RefusalStatus.of(Refusal.UNAVAILABLE));
      finish(chosen, endedOr(() -> gone));
    } else {
      router.logStart(chosen);
      Optional<Duration> most = chosen.permit().maxDeadline();
      if (most.isPresent()) {
        limit(most.get());
      }
      relay(chosen);
      started = true;
      if (cancelled || isEnded()) {
        cancelRelayed("cancelled while it started");
      }
    }
  }

  /**
   * Takes that the call has ended at its provider; tells the caller {@code end}, or why it was
   * ended from here.
   *
   * @param words how it ended, for the log
   */
  final void closed(Status words, Supplier<ProviderStatus.End> end) {
    Route taken = route;
    if (taken != null) { // It went, so it has one.
      router.logEnd(taken, words, visits.sinceNanos());
      finish(taken, endedOr(end));
    }
  }

  /**
   * Takes that the call ends with {@code status} for its caller, whom the front tells; {@link
   * #leave} is to follow.
   *
   * @return what must be on record before; null if nothing
   */
  final @Nullable CompletableFuture<?> ending(Status status, Status words) {
    over = true;
    Route taken = route;
    if (taken == null) {
      return null;
    }
    router.logEnd(taken, words, visits.sinceNanos());
    return taken.permit().audit() == AuditMode.CALL ? outcome(taken, status) : null;
  }

  /** Returns at which providers the call is and was. */
  final Visits visits() {
    return visits;
  }

  /** Takes where the call goes that is made again. */
  final void goesTo(Route chosen) {
    route = chosen;
    router.open().chosen(this);
    if (!router.isCurrent(chosen.permit())) {
      reauthorize();
    }
  }

  /** Takes that the caller was told. Idempotent. */
  final void leave() {
    if (!over) {
      over = true;
    }
    visits.ended(Outcome.NOTHING);
    giveBack();
    router.open().remove(this);
  }

  /**
   * Waits, on no thread, until {@code ready} is complete, by whoever comes first: the start of a
   * provider, the commit of a record, the caller's patience, cancelling. Then does {@code next}
   * where the caller wants its events.
   */
  private void await(CompletableFuture<?> ready, Runnable next) {
    pend();
    waiting = ready;
    router.open().chosen(this);
    CallerSide side = side();
    var unused = ready.whenComplete((found, failure) -> side.execute(() -> resume(next)));
    if (cancelled || isEnded()) {
      ready.complete(null);
    }
    side.wakeWhenGone(ready);
  }

  private void resume(Runnable next) {
    waiting = null;
    Route chosen = route;
    CallerSide side = side();
    boolean isRecorded = chosen != null && chosen.recorded().isDone();
    boolean isGone = isRecorded ? side.isCancelled() || side.isPastDeadline() : side.isGone();
    if (chosen != null && (isEnded() || cancelled)) {
      take(next); // Its record may say that it was about to go: then how it ended is due.
    } else if (isEnded()) {
      close(endedOr(ProviderStatus::cancelled));
    } else if (cancelled || isGone) {
      boolean late = !cancelled && side.isLate();
      ProviderStatus.End end = late ? ProviderStatus.late() : ProviderStatus.cancelled();
      if (chosen == null) {
        close(end);
      } else {
        finish(chosen, end);
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
  private void finish(Route taken, ProviderStatus.End end) {
    if (taken.permit().audit() != AuditMode.CALL) {
      close(end);
      return;
    }
    CompletableFuture<Void> outcome = outcome(taken, end.status());
    ProviderStatus.End failed = ProviderStatus.End.afterRelay(RefusalStatus.of(Refusal.INTERNAL));
    if (outcome.isDone()) {
      close(outcome.isCompletedExceptionally() ? failed : end);
      return;
    }
    CallerSide side = side();
    var unused =
        outcome.whenComplete(
            (done, failure) -> side.execute(() -> close(failure == null ? end : failed)));
  }

  /** Writes how the call ended at the provider of {@code taken}. */
  final CompletableFuture<Void> outcome(Route taken, Status status) {
    Duration took = Duration.ofNanos(Math.max(0, System.nanoTime() - visits.sinceNanos()));
    return router.audit().outcome(taken, status, took);
  }

  private void close(ProviderStatus.End end) {
    over = true;
    visits.ended(Outcome.NOTHING);
    giveBack(); // before its caller is told, who may start another at once
    try {
      tell(end);
    } finally {
      router.open().remove(this);
    }
  }

  /** Gives back what the call took of the caps, and what its provider got. Idempotent. */
  final void giveBack() {
    endCallback();
    visits.leaveSeat();
  }

  /**
   * Takes that its stream is closed; the end may come later or, from a caller's executor, never.
   */
  final void streamClosed() {
    if (!visits.areRepeatable()) {
      giveBack();
    }
  }

  /** Forgets the call, whose caller is told of its fault by what it throws. Idempotent. */
  private void abandon() {
    visits.ended(Outcome.NOTHING);
    giveBack();
    router.open().remove(this);
  }

  /**
   * Takes that the caller cancelled; returns whether the call has gone to its provider, where it is
   * to be cancelled then.
   */
  final boolean cancel() {
    cancelled = true;
    wake();
    if (!started) {
      giveBack(); // Its caller's executor may never come to what follows.
    }
    return started;
  }

  private void endCallback() {
    Route chosen = route;
    if (chosen != null) {
      chosen.endCallback();
    }
  }

  /** Lets the call go on, or end, if it waits. */
  final void wake() {
    endCallback(); // now, and not when the provider's stream has ended
    CompletableFuture<?> ready = waiting;
    if (ready != null) {
      ready.complete(null);
    }
  }

  /** Ends the call if the policy that is in force now denies it. */
  final void reauthorize() {
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
  final void end(Refusal refusal) {
    ENDED.compareAndSet(this, null, refusal);
    wake();
    if (started) {
      cancelRelayed("ended by the router");
    } else {
      giveBack(); // as in cancel
    }
  }

  /** Returns whether the call was ended from here. */
  final boolean isEnded() {
    return ended != null;
  }

  /** Returns how the call was ended from here; {@code end} where it was not. */
  final ProviderStatus.End endedOr(Supplier<ProviderStatus.End> end) {
    Refusal refusal = ended;
    return refusal == null ? end.get() : ProviderStatus.End.afterRelay(RefusalStatus.of(refusal));
  }

  /** Returns whether the caller cancelled, or its deadline has so little left that it may have. */
  final boolean isCancelledHere() {
    return cancelled || side().isGone();
  }
}
