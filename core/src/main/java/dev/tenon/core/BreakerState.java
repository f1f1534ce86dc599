package dev.tenon.core;

/** Where the circuit breaker of a provider stands. */
public enum BreakerState {
  /** Calls go to the provider. */
  CLOSED,
  /** None do: it failed too often in a row. */
  OPEN,
  /** One at a time does, to see whether it serves again. */
  HALF_OPEN
}
