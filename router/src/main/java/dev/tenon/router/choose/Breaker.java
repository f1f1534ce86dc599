package dev.tenon.router.choose;

import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.BreakerState;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The circuit breaker of one provider. Thread-safe; takes no lock. */
final class Breaker {
  /** What {@link #enter} returns to a call that must not go. */
  static final int REFUSED = -1;

  private static final AtomicReferenceFieldUpdater<Breaker, Now> NOW =
      AtomicReferenceFieldUpdater.newUpdater(Breaker.class, Now.class, "now");

  /*
   * All that it knows is one immutable `Now`, which a transition swaps by compare-and-set: so no
   * thread ever sees half of one, and each is made by one thread, which then tells of it. While the
   * breaker is closed and the provider answers, `enter` and `ended` read it and do nothing more.
   *
   * Each transition and each probe begins a generation. A call carries the generation in which it
   * went, and its end counts in that alone: what was sent before the breaker opened can neither
   * close it nor open it again. A probe that does not end loses its place after as long as the
   * breaker was open, so that a stream cannot keep it half open for ever.
   *
   * Transitions are told in their order: between opening and the probe lies the time that it is
   * open, and a probe ends after it began.
   */
  private final BreakerPolicy policy;
  private final LongSupplier nanoTime;
  private final Transitions transitions;
  private volatile Now now = new Now(BreakerState.CLOSED, 0, 0, 0, false);

  /** Is told of each transition, on the thread that made it; must not block. */
  @FunctionalInterface
  interface Transitions {
    void changed(BreakerState before, BreakerState now);
  }

  /**
   * Where it stands.
   *
   * @param count failures in a row while closed, answered probes in a row while half open
   * @param sinceNanos when it opened or the probe went; not used while it is closed
   * @param isProbing whether a probe is out
   */
  private record Now(
      BreakerState state, int generation, int count, long sinceNanos, boolean isProbing) {
    Now with(int counted) {
      return new Now(state, generation, counted, sinceNanos, isProbing);
    }

    Now next(BreakerState following, int counted, long nanos, boolean probing) {
      return new Now(following, (generation + 1) & Integer.MAX_VALUE, counted, nanos, probing);
    }
  }

  Breaker(BreakerPolicy policy, LongSupplier nanoTime, Transitions transitions) {
    this.policy = policy;
    this.nanoTime = nanoTime;
    this.transitions = transitions;
  }

  BreakerState state() {
    return now.state;
  }

  /** Returns whether a call could go now. */
  boolean isPassable() {
    return isPassable(now);
  }

  private boolean isPassable(Now seen) {
    return switch (seen.state) {
      case CLOSED -> true;
      case OPEN -> isPauseOver(seen);
      case HALF_OPEN -> !seen.isProbing || isPauseOver(seen);
    };
  }

  private boolean isPauseOver(Now seen) {
    return nanoTime.getAsLong() - seen.sinceNanos >= policy.open().toNanos();
  }

  /** Returns in which generation a call goes, or {@link #REFUSED}. */
  int enter() {
    while (true) {
      Now seen = now;
      if (seen.state == BreakerState.CLOSED) {
        return seen.generation;
      }
      if (!isPassable(seen)) {
        return REFUSED;
      }
      int answered = seen.state == BreakerState.OPEN ? 0 : seen.count;
      Now probe = seen.next(BreakerState.HALF_OPEN, answered, nanoTime.getAsLong(), true);
      if (swap(seen, probe)) {
        return probe.generation;
      }
    }
  }

  /** Takes how a call ended that went in {@code generation}. */
  void ended(int generation, Outcome outcome) {
    while (true) {
      Now seen = now;
      if (seen.generation != generation) {
        return;
      }
      Now next = after(seen, outcome);
      if (next == null || swap(seen, next)) {
        return;
      }
    }
  }

  private @Nullable Now after(Now seen, Outcome outcome) {
    return switch (seen.state) {
      case CLOSED -> afterCall(seen, outcome);
      case HALF_OPEN -> afterProbe(seen, outcome);
      case OPEN -> null; // no call goes in its generation
    };
  }

  private @Nullable Now afterCall(Now seen, Outcome outcome) {
    return switch (outcome) {
      case ANSWERED -> seen.count == 0 ? null : seen.with(0);
      case FAILED -> afterFailure(seen);
      case BROKEN, NOTHING -> null;
    };
  }

  private @Nullable Now afterFailure(Now seen) {
    if (policy.failures() == 0) {
      return null;
    }
    int failures = seen.count + 1;
    return failures < policy.failures() ? seen.with(failures) : opened(seen);
  }

  private Now afterProbe(Now seen, Outcome outcome) {
    return switch (outcome) {
      case ANSWERED ->
          seen.count + 1 < policy.successes()
              ? seen.next(BreakerState.HALF_OPEN, seen.count + 1, seen.sinceNanos, false)
              : seen.next(BreakerState.CLOSED, 0, 0, false);
      case FAILED -> opened(seen);
      case BROKEN, NOTHING -> seen.next(BreakerState.HALF_OPEN, seen.count, seen.sinceNanos, false);
    };
  }

  private Now opened(Now seen) {
    return seen.next(BreakerState.OPEN, 0, nanoTime.getAsLong(), false);
  }

  private boolean swap(Now seen, Now next) {
    if (!NOW.compareAndSet(this, seen, next)) {
      return false;
    }
    if (seen.state != next.state) {
      transitions.changed(seen.state, next.state);
    }
    return true;
  }
}
