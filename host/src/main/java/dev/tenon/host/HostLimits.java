package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.Rates;
import dev.tenon.core.CallLimits;
import dev.tenon.core.ConnectionLimits;
import java.util.Optional;

/**
 * What a host lets its peers do: how often, over how many connections, and in how many calls.
 * Immutable.
 *
 * @param rates how often
 * @param connections over how many connections, on each listener
 * @param calls in how many calls at once
 * @param limiter what counts; empty: a limiter in memory, of the host's own. The host closes it.
 */
public record HostLimits(
    Rates rates, ConnectionLimits connections, CallLimits calls, Optional<RateLimiter> limiter) {
  /** The limits of a host that is not told others. */
  public static final HostLimits DEFAULT =
      new HostLimits(Rates.DEFAULT, ConnectionLimits.DEFAULT, CallLimits.DEFAULT, Optional.empty());

  /** Checks for null. */
  public HostLimits {
    requireNonNull(rates, "rates");
    requireNonNull(connections, "connections");
    requireNonNull(calls, "calls");
    requireNonNull(limiter, "limiter");
  }

  /**
   * Returns the same limits but for the rate of {@code what}.
   *
   * @throws IllegalArgumentException if rate or burst is 0 or less, or above {@link Rates#MOST}
   */
  public HostLimits with(Limited what, Rate rate) {
    return new HostLimits(rates.with(what, rate), connections, calls, limiter);
  }

  /** Returns the same limits with other ones of connections. */
  public HostLimits with(ConnectionLimits other) {
    return new HostLimits(rates, other, calls, limiter);
  }

  /** Returns the same limits with other ones of calls. */
  public HostLimits with(CallLimits other) {
    return new HostLimits(rates, connections, other, limiter);
  }

  /** Returns the same limits, counted by {@code other}. */
  public HostLimits with(RateLimiter other) {
    return new HostLimits(rates, connections, calls, Optional.of(other));
  }
}
