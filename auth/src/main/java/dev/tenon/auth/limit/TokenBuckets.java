package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * One {@link TokenBucket} for each key. Thread-safe; takes no lock.
 *
 * <p>The number of buckets is bounded, and no bucket is ever given up before it is full again: a
 * full one is as good as none, so neither time nor a million other keys give an attacker tokens
 * that it did not wait for. Full buckets go when they were idle for {@link #IDLE}, or at once when
 * room is needed. A new key for which there is no room shares one bucket with all others like it:
 * strangers slow each other down then, and nobody who was known before.
 */
final class TokenBuckets implements RateLimiter {
  /** Most buckets; about 4 MB. */
  static final int MAX_BUCKETS = 20_000;

  /** How long a full bucket is kept that nothing was taken from. */
  static final Duration IDLE = Duration.ofMinutes(5);

  /** How often idle buckets are looked for. */
  static final Duration SWEEP = Duration.ofMinutes(1);

  /** How often, at most, room is looked for when there is none. */
  static final Duration PRESSED_SWEEP = Duration.ofSeconds(1);

  /*
   * `count` is reserved before a bucket is put in, and given back by whoever takes one out; so
   * `buckets` never has more than MAX_BUCKETS. A bucket is retired before it is taken out: whoever got
   * hold of it meanwhile sees that, and looks again, so that nothing is taken from a bucket that
   * nobody will look at later.
   */
  private final ConcurrentMap<LimitKey, TokenBucket> buckets = new ConcurrentHashMap<>();
  private final ConcurrentMap<Limited, TokenBucket> shared = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicLong swept;
  private final LongSupplier nanos;
  private volatile boolean closed;

  /**
   * Makes a limiter without buckets.
   *
   * @param nanos a clock that never goes back, as {@link System#nanoTime}
   */
  TokenBuckets(LongSupplier nanos) {
    this.nanos = requireNonNull(nanos, "nanos");
    this.swept = new AtomicLong(nanos.getAsLong());
  }

  @Override
  public Verdict allow(LimitKey key, Rate rate) {
    if (closed || rate.burst() < 1) {
      return Verdict.Refused.FOR_GOOD;
    }
    long now = nanos.getAsLong();
    if (isDue(now, SWEEP)) {
      sweep(now, IDLE);
    }
    while (true) {
      TokenBucket bucket = bucket(key, rate, now);
      Verdict verdict = bucket.take(rate, now);
      if (verdict != null) {
        return verdict;
      }
      remove(key, bucket);
    }
  }

  private TokenBucket bucket(LimitKey key, Rate rate, long now) {
    TokenBucket known = buckets.get(key);
    return known == null ? added(key, rate, now) : known;
  }

  private TokenBucket added(LimitKey key, Rate rate, long now) {
    if (!reserve(now)) {
      return shared.computeIfAbsent(key.what(), what -> new TokenBucket(rate, now));
    }
    TokenBucket made = new TokenBucket(rate, now);
    TokenBucket earlier = buckets.putIfAbsent(key, made);
    if (earlier == null) {
      return made;
    }
    count.decrementAndGet();
    return earlier;
  }

  private boolean reserve(long now) {
    if (hasReserved()) {
      return true;
    }
    if (isDue(now, PRESSED_SWEEP)) {
      sweep(now, Duration.ZERO);
      return hasReserved();
    }
    return false;
  }

  private boolean hasReserved() {
    if (count.incrementAndGet() <= MAX_BUCKETS) {
      return true;
    }
    count.decrementAndGet();
    return false;
  }

  /** Returns whether the last sweep is {@code period} ago; to one thread alone. */
  private boolean isDue(long now, Duration period) {
    long last = swept.get();
    return now - last >= period.toNanos() && swept.compareAndSet(last, now);
  }

  private void sweep(long now, Duration idle) {
    for (Map.Entry<LimitKey, TokenBucket> entry : buckets.entrySet()) {
      if (entry.getValue().retire(now, idle.toNanos())) {
        remove(entry.getKey(), entry.getValue());
      }
    }
  }

  private void remove(LimitKey key, TokenBucket retired) {
    if (buckets.remove(key, retired)) {
      count.decrementAndGet();
    }
  }

  /** Returns how many keys have a bucket of their own. */
  int size() {
    return buckets.size();
  }

  @Override
  public void close() {
    closed = true;
    buckets.clear();
  }
}
