package dev.tenon.auth.limit;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** The limiter failed over a request that must not pass unlimited. */
public final class LimiterFailedException extends RefusedException {
  private static final long serialVersionUID = 1;

  LimiterFailedException(Limited what, Throwable cause) {
    super(Refusal.INTERNAL, what.label() + ": limiter failed", cause);
  }
}
