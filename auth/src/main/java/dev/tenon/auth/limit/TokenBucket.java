package dev.tenon.auth.limit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that come at a rate, up to a burst, and are taken one by one. Thread-safe; takes no lock.
 */
@SuppressWarnings("ReferenceEquality") // a level is compared as the object that it is
final class TokenBucket {
  private static final double NANOS_PER_SECOND = 1e9;

  /** The level of a bucket that is not used any more. */
  private static final Level RETIRED = new Level(0, 0, new Rate(0, 0));

  /*
   * One immutable level, replaced by compare-and-set. A refusal changes nothing, so a storm of them
   * neither contends nor wears the number down. Tokens are a double: no sum of them overflows, whole
   * ones are exact up to any burst, and time differences are taken before they are converted.
   */
  private static final AtomicReferenceFieldUpdater<TokenBucket, Level> LEVEL =
      AtomicReferenceFieldUpdater.newUpdater(TokenBucket.class, Level.class, "level");

  private volatile Level level;

  /** Makes a full bucket. */
  TokenBucket(Rate rate, long now) {
    this.level = new Level(rate.burst(), now, rate);
  }

  /**
   * Takes a token, if there is one at {@code rate}; null if the bucket is retired.
   *
   * @param now nanoseconds of a monotonic clock
   */
  @Nullable Verdict take(Rate rate, long now) {
    while (true) {
      Level seen = level;
      if (seen == RETIRED) {
        return null;
      }
      double tokens = seen.tokensAt(now, rate);
      if (tokens < 1) {
        return refusal(1 - tokens, rate);
      }
      if (LEVEL.compareAndSet(this, seen, new Level(tokens - 1, seen.later(now), rate))) {
        return Verdict.ALLOWED;
      }
    }
  }

  private static Verdict refusal(double missing, Rate rate) {
    if (rate.perSecond() == 0 || rate.burst() < 1) {
      return Verdict.Refused.FOR_GOOD;
    }
    // Casting saturates; one more nanosecond is for what the division rounded off.
    long nanos = (long) Math.ceil(missing / rate.perSecond() * NANOS_PER_SECOND);
    return Verdict.retryAfter(Duration.ofNanos(nanos == Long.MAX_VALUE ? nanos : nanos + 1));
  }

  /** Puts the bucket out of use if it is full and nothing was taken for {@code idleNanos}. */
  boolean retire(long now, long idleNanos) {
    Level seen = level;
    return seen != RETIRED
        && now - seen.at >= idleNanos
        && seen.tokensAt(now, seen.rate) >= seen.rate.burst()
        && LEVEL.compareAndSet(this, seen, RETIRED);
  }

  /** How many tokens there were at a moment, and at which rate they come. */
  private record Level(double tokens, long at, Rate rate) {
    /** A clock that seems to go back brings nothing, and takes nothing away. */
    double tokensAt(long now, Rate current) {
      double elapsed = Math.max(0, now - at) / NANOS_PER_SECOND;
      return Math.min(current.burst(), tokens + elapsed * current.perSecond());
    }

    long later(long now) {
      return now - at > 0 ? now : at;
    }
  }
}
