package dev.tenon.router.choose;

import dev.tenon.core.BreakerState;
import dev.tenon.core.RuntimeId;

/** Is told when the circuit breaker of a provider moves. */
@FunctionalInterface
public interface BreakerWatch {
  /** Tells nobody. */
  BreakerWatch NONE = (provider, before, now) -> {};

  /** Takes a transition, on the thread of the call that made it; must not block or throw. */
  void changed(RuntimeId provider, BreakerState before, BreakerState now);
}
