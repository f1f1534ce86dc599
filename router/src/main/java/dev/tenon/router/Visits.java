package dev.tenon.router;

import dev.tenon.auth.policy.AuditMode;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.router.choose.Outcome;
import dev.tenon.router.choose.Standing;
import io.grpc.Status;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What one call takes of the caps, at which provider it is, where the standing of that is to know
 * how it ends there, and where it was before. Seats and ends may be given back from any thread; the
 * rest comes from one after the other.
 */
final class Visits {
  private static final AtomicReferenceFieldUpdater<Visits, @Nullable Standing> AT =
      AtomicReferenceFieldUpdater.newUpdater(Visits.class, Standing.class, "at");

  /** Whom to tell of the end; {@code ticket} is written before it. */
  private volatile @Nullable Standing at;

  private final OpenCall call;
  private volatile CallCaps.@Nullable Seat seat;
  private long sinceNanos; // written before `seat`
  private @Nullable Standing last;
  private int ticket;
  private volatile boolean areRepeatable;
  private volatile Set<RuntimeId> tried = Set.of();

  Visits(OpenCall call) {
    this.call = call;
  }

  /** Takes what the call takes of the caps, until {@link #leaveSeat}. */
  void seated(CallCaps.Seat taken, long arrivedNanos) {
    sinceNanos = arrivedNanos;
    seat = taken;
  }

  /** Gives back what it took of the caps. Idempotent. */
  void leaveSeat() {
    CallCaps.Seat taken = seat;
    if (taken != null) {
      taken.leave();
    }
  }

  /** Returns since when there is the call, by {@link System#nanoTime}. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Takes that {@code standing} let the call in with {@code given}. */
  void begin(Standing standing, int given) {
    ended(Outcome.NOTHING);
    last = standing;
    ticket = given;
    at = standing;
  }

  /**
   * Takes how the call ended where it is; the first time counts.
   *
   * @param isProviders whether the provider said so
   * @param isAnswered whether there was any sign of an answer
   */
  void ended(Status status, boolean isProviders, boolean isAnswered) {
    Outcome.EndedBy by =
        isProviders
            ? Outcome.EndedBy.PROVIDER
            : isEndedHere(status) ? Outcome.EndedBy.OUR_SIDE : Outcome.EndedBy.CONNECTION;
    ended(status, by, isAnswered);
  }

  /** As {@link #ended(Status, boolean, boolean)}, where it is known by whom. */
  void ended(Status status, Outcome.EndedBy by, boolean isAnswered) {
    long took = by == Outcome.EndedBy.OUR_SIDE ? System.nanoTime() - sinceNanos : 0;
    ended(Outcome.of(status, by, isAnswered, Duration.ofNanos(took)));
  }

  private boolean isEndedHere(Status status) {
    return status.getCode() == Status.Code.DEADLINE_EXCEEDED
        || call.isEnded()
        || call.isCancelledHere();
  }

  /** As {@link #ended(Status, boolean, boolean)}. */
  void ended(Outcome outcome) {
    Standing standing = at == null ? null : AT.getAndSet(this, null);
    if (standing != null) {
      standing.ended(ticket, outcome);
    }
  }

  /** Takes that there may be more of them, so that the call is not over when its stream is. */
  void repeatable() {
    areRepeatable = true;
  }

  boolean areRepeatable() {
    return areRepeatable;
  }

  /**
   * Chooses anew for the call, which is made again; it goes once what is to be on record is.
   *
   * @throws RefusedException if it goes nowhere
   * @throws ProviderStarting never, for it does not wait
   */
  Route again() throws RefusedException, ProviderStarting {
    CallCaps.Seat taken = seat;
    Standing been = last;
    if (taken == null || been == null) {
      throw new IllegalStateException("nowhere (expected: a call that went)");
    }
    Set<RuntimeId> all = new HashSet<>(tried);
    all.add(been.provider());
    tried = Set.copyOf(all);
    Route chosen = call.router().route(call, taken, /* patient= */ false);
    call.goesTo(chosen);
    return chosen;
  }

  /**
   * Returns what is complete when a call that ended at {@code before} with {@code status} may take
   * {@code chosen}.
   */
  CompletableFuture<?> recorded(Route before, Status status, Route chosen) {
    return chosen.permit().audit() == AuditMode.CALL
        ? CompletableFuture.allOf(chosen.recorded(), call.outcome(before, status))
        : chosen.recorded();
  }

  /** Returns the providers that the call was at. */
  Set<RuntimeId> tried() {
    return tried;
  }
}
