package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import java.time.Duration;
import java.util.Optional;

/** A peer asked for something more often than it may. */
public final class RateLimitedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final transient Optional<Duration> retryAfter;

  /** Makes the refusal of {@code key}. */
  RateLimitedException(LimitKey key, Rate rate, Optional<Duration> retryAfter) {
    super(Refusal.RATE_LIMITED, key.what().label() + ": over " + rate);
    this.retryAfter = requireNonNull(retryAfter, "retryAfter");
  }

  @Override
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
