package dev.tenon.auth.limit;

import dev.tenon.auth.Interleavings;
import dev.tenon.auth.Interleavings.Scenario;
import dev.tenon.auth.TestClock;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Tokens taken while time passes and idle buckets go: as in some order. Row: DS-2 */
class TokenBucketsInterleavingsTest {
  /**
   * One lets an idle bucket go while another takes from it: what is taken from a bucket after it
   * was retired is not counted in the next.
   */
  private static final Scenario RETIRED_MEANWHILE =
      new Scenario(
          List.of("allow 0", "longerPasses"),
          List.of("allow 1"),
          List.of("allow 0", "allow 0", "allow 0"),
          List.of("allow 0"));

  /** Two are the first of a key: there is one bucket for both. */
  private static final Scenario NEW_BUCKET =
      new Scenario(
          List.of(), List.of("allow 0", "allow 0"), List.of("allow 0", "allow 0"), List.of());

  /** Two go for the one token that is left. */
  private static final Scenario LAST_TOKEN =
      new Scenario(List.of("take"), List.of("take"), List.of("take"), List.of("take"));

  /** A bucket is full when one looks, and not when it goes. */
  private static final Scenario TAKEN_WHILE_RETIRED =
      new Scenario(List.of(), List.of("retire"), List.of("take", "take"), List.of("take"));

  @Test
  void tokenBuckets_interleaved_behaveAsInSomeOrder() {
    Interleavings.check(Buckets.class, List.of(RETIRED_MEANWHILE, NEW_BUCKET));
  }

  @Test
  void tokenBucket_interleaved_behavesAsInSomeOrder() {
    Interleavings.check(OneBucket.class, List.of(LAST_TOKEN, TAKEN_WHILE_RETIRED));
  }

  /**
   * One bucket by itself. What is put into a map that is one step is not seen to be shared, and is
   * taken for one thread's own.
   */
  public static class OneBucket {
    private static final Rate RATE = new Rate(1.0 / 60, 2);

    private final TestClock clock = new TestClock();
    private final TokenBucket bucket = new TokenBucket(RATE, clock.getAsLong());

    @Operation
    public String take() {
      Verdict verdict = bucket.take(RATE, clock.getAsLong());
      return verdict == null ? "RETIRED" : verdict == Verdict.ALLOWED ? "ALLOWED" : "REFUSED";
    }

    @Operation
    public void aMinutePasses() {
      clock.advanceNanos(TokenBuckets.SWEEP);
    }

    @Operation
    public boolean retire() {
      return bucket.retire(clock.getAsLong(), 0);
    }
  }

  /** Two keys; how long to wait is not compared, since who is refused may have looked before. */
  @Param(name = "key", gen = IntGen.class, conf = "0:1")
  public static class Buckets {
    private static final Rate RATE = new Rate(1.0 / 60, 2);
    private static final List<LimitKey> KEYS =
        List.of(new LimitKey(Limited.CALL, "a-1"), new LimitKey(Limited.CALL, "b-1"));

    private final TestClock clock = new TestClock();
    private final TokenBuckets buckets = new TokenBuckets(clock);

    @Operation(params = "key")
    public boolean allow(int key) {
      return buckets.allow(KEYS.get(key), RATE) == Verdict.ALLOWED;
    }

    /** Brings one token to each bucket. */
    @Operation
    public void aMinutePasses() {
      clock.advanceNanos(TokenBuckets.SWEEP);
    }

    /** Fills each bucket, and lets it go. */
    @Operation
    public void longerPasses() {
      clock.advanceNanos(TokenBuckets.IDLE);
    }
  }
}
