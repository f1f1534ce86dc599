package dev.tenon.router;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.core.CallLimits;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Predicate;

/** The calls that have started and not ended. Thread-safe. */
final class OpenCalls {
  /*
   * A call is here before its provider is chosen and leaves when it has ended and its caller was
   * told. So once the registry no longer offers a run, and no call is left that went there or has
   * still to choose, none will.
   *
   * A run that is ended here was let in by nobody any more, but a call that admission let in just
   * before may arrive just after: ended runs are remembered for longer than that takes.
   */
  private static final Duration REMEMBERED = Duration.ofMinutes(1);
  private static final int MAX_REMEMBERED = 10_000;

  private final CallCaps caps;
  private final CallSet open = new CallSet();
  private final Cache<String, Boolean> ended =
      Caffeine.newBuilder()
          .expireAfterWrite(REMEMBERED)
          .maximumSize(MAX_REMEMBERED)
          .executor(Runnable::run)
          .build();

  /** Few, if any; each call that ends asks whether there is one. */
  private final Set<Wait> waits = new CopyOnWriteArraySet<>();

  OpenCalls(CallLimits limits) {
    this.caps = new CallCaps(limits);
  }

  /**
   * Counts {@code call} and returns what it takes of the caps until it is removed.
   *
   * @throws CallLimitException if its caller, or the host, has too many open already
   */
  CallCaps.Seat add(OpenCall call) throws CallLimitException {
    CallCaps.Seat seat = caps.enter(call.known().account());
    open.add(call);
    if (!ended.asMap().isEmpty() && ended.getIfPresent(call.known().actor()) != null) {
      call.end(Refusal.NOT_AUTHENTICATED);
    }
    return seat;
  }

  /** Returns how many calls each caller and provider has open. */
  CallCaps caps() {
    return caps;
  }

  /** Ends the calls that the policy which is in force now denies. */
  void reauthorize() {
    open.forEach(OpenCall::reauthorize);
  }

  /** Notes that {@code call} has chosen its provider. */
  void chosen(OpenCall call) {
    tell(call);
  }

  private void tell(OpenCall call) {
    if (!waits.isEmpty()) {
      waits.forEach(wait -> wait.changed(call));
    }
  }

  /** Notes that {@code call} has ended and its caller was told. */
  void remove(OpenCall call) {
    open.remove(call);
    tell(call);
  }

  /** Returns how many calls went to {@code provider} or may still go there. */
  long inFlight(RuntimeId provider) {
    return open.stream().filter(call -> !call.isOver() && call.mayReach(provider)).count();
  }

  /**
   * Returns what completes when the calls that now are at {@code provider}, or may still go there,
   * have ended or gone elsewhere.
   */
  CompletableFuture<Void> drained(RuntimeId provider) {
    return new Wait(call -> call.mayReach(provider)).begin();
  }

  /** Ends all calls of {@code caller}; the result completes when they have ended. */
  CompletableFuture<Void> end(RuntimeId caller) {
    ended.put(caller.value(), true);
    Predicate<OpenCall> isOfCaller = call -> call.known().actor().equals(caller.value());
    open.stream().filter(isOfCaller).forEach(call -> call.end(Refusal.NOT_AUTHENTICATED));
    return new Wait(isOfCaller).begin();
  }

  /** Ends the calls that were let in with {@code grant}, which has ended. */
  void endUnder(LiveGrant grant) {
    open.stream()
        .filter(call -> call.isUnder(grant))
        .forEach(call -> call.end(Refusal.GRANT_NOT_ACCEPTED));
  }

  /** One wait for the calls that are open when it begins. */
  private final class Wait {
    /*
     * The wait is in `waits` before it looks at the open calls, and looks again at what it noted: a
     * call that changes meanwhile is seen by one of the two. Whoever takes the last call out after
     * all were noted ends the wait.
     */
    private final Predicate<OpenCall> counts;
    private final Set<OpenCall> left = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private volatile boolean noted;

    Wait(Predicate<OpenCall> counts) {
      this.counts = counts;
    }

    CompletableFuture<Void> begin() {
      waits.add(this);
      var unused = over.whenComplete((nothing, failure) -> waits.remove(this));
      open.stream().filter(counts).forEach(left::add);
      noted = true;
      left.removeIf(call -> !open.contains(call) || !counts.test(call));
      endIfEmpty();
      return over;
    }

    void changed(OpenCall call) {
      if (!open.contains(call) || !counts.test(call)) {
        left.remove(call);
        endIfEmpty();
      }
    }

    private void endIfEmpty() {
      if (noted && left.isEmpty()) {
        over.complete(null);
      }
    }
  }
}
