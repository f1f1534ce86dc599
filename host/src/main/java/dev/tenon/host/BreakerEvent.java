package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.BreakerState;
import dev.tenon.core.RuntimeId;
import java.time.Instant;

/**
 * A change of the circuit breaker of a run of a plugin.
 *
 * @param missed how many events before this one the listener was not told, because it was too slow
 */
public record BreakerEvent(
    Instant at, RuntimeId provider, BreakerState before, BreakerState now, long missed) {
  /** Checks for null. */
  public BreakerEvent {
    requireNonNull(at, "at");
    requireNonNull(provider, "provider");
    requireNonNull(before, "before");
    requireNonNull(now, "now");
  }
}
