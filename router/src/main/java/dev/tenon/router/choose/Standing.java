package dev.tenon.router.choose;

import dev.tenon.core.BreakerState;
import dev.tenon.core.RuntimeId;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the calls of one provider tell of it, and whether the next one may go there. Thread-safe;
 * where nothing is wrong with the provider, a call takes no lock, allocates nothing and reads no
 * clock.
 */
public final class Standing {
  /** The ticket of a call that must not go. */
  public static final int REFUSED = Breaker.REFUSED;

  private final RuntimeId provider;
  private final Breaker breaker;
  private final Ejection ejection;
  private final AtomicInteger open = new AtomicInteger();

  Standing(RuntimeId provider, Breaker breaker, Ejection ejection) {
    this.provider = provider;
    this.breaker = breaker;
    this.ejection = ejection;
  }

  /** Returns whose it is. */
  public RuntimeId provider() {
    return provider;
  }

  /**
   * Lets a call in.
   *
   * @return its ticket, to be given back to {@link #ended} once; or {@link #REFUSED}, and then the
   *     call must not go, and nothing is to be given back
   */
  public int enter() {
    int ticket = breaker.enter();
    if (ticket != REFUSED) {
      open.incrementAndGet();
    }
    return ticket;
  }

  /** Takes how the call that has {@code ticket} ended. Exactly once for each that was let in. */
  public void ended(int ticket, Outcome outcome) {
    open.decrementAndGet();
    breaker.ended(ticket, outcome);
    ejection.ended(outcome);
  }

  /** Returns how many calls were let in and have not ended. */
  public int open() {
    return open.get();
  }

  /** Returns where its circuit breaker stands. */
  public BreakerState breaker() {
    return breaker.state();
  }

  boolean isPassable() {
    return breaker.isPassable();
  }

  boolean isEjected(long nanos) {
    return ejection.isOut(nanos);
  }

  long ejectedUntilNanos() {
    return ejection.untilNanos();
  }
}
