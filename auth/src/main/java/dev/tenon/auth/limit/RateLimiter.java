package dev.tenon.auth.limit;

/**
 * Counts how often things happen, and says whether one more may. An implementation may count in
 * memory, or elsewhere for several hosts.
 *
 * <p>It must be thread-safe and must not block: it is asked on the threads that serve all
 * connections. It may throw; what that means for the request is its asker's matter.
 */
public interface RateLimiter extends AutoCloseable {
  /** Returns whether {@code key} may once more, at {@code rate}, which may change between calls. */
  Verdict allow(LimitKey key, Rate rate);

  /** Releases what it holds; it is not asked any more. Idempotent. */
  @Override
  void close();

  /** Returns a limiter with one token bucket for each key, in memory. */
  static RateLimiter inMemory() {
    return new TokenBuckets(System::nanoTime);
  }
}
