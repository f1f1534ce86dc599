package dev.tenon.bench;

import dev.tenon.auth.limit.LimitKey;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.RateLimiter;
import dev.tenon.auth.limit.Verdict;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What the limiter costs each call: one caller that all threads are, many callers in turn, and one
 * that has used up what it may.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RateLimiting {
  /** A power of two, so that {@link Turn} can wrap without a division. */
  private static final int KEYS = 1024;

  private static final Rate NEVER_REACHED = new Rate(1e12, Integer.MAX_VALUE);
  private static final Rate USED_UP = new Rate(0, 1);

  private final RateLimiter limiter = RateLimiter.inMemory();
  private final LimitKey[] keys = new LimitKey[KEYS];
  private final LimitKey[] usedUp = {new LimitKey(Limited.CALL, "used-up")};

  /** Makes a limiter that has seen one caller, which has used up what it may. */
  public RateLimiting() {
    for (int i = 0; i < KEYS; i++) {
      keys[i] = new LimitKey(Limited.CALL, "plugin-" + i);
    }
    Verdict unused = limiter.allow(usedUp[0], USED_UP);
  }

  /** Closes the limiter. */
  @TearDown
  public void close() {
    limiter.close();
  }

  /** All threads take from one bucket. */
  @Benchmark
  public boolean oneKey(Turn turn) {
    return limiter.allow(keys[turn.next(1)], NEVER_REACHED) == Verdict.ALLOWED;
  }

  /** From many buckets in turn. */
  @Benchmark
  public boolean manyKeys(Turn turn) {
    return limiter.allow(keys[turn.next(KEYS)], NEVER_REACHED) == Verdict.ALLOWED;
  }

  /** From a bucket that is empty. */
  @Benchmark
  public boolean refused(Turn turn) {
    return limiter.allow(usedUp[turn.next(1)], USED_UP) == Verdict.ALLOWED;
  }
}
