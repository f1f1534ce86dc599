package dev.tenon.auth.limit;

import dev.tenon.auth.Interleavings;
import dev.tenon.auth.TestClock;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** Tokens taken while time passes and idle buckets go: as in some order. Row: DS-2 */
class TokenBucketsInterleavingsTest {
  @Test
  void tokenBuckets_interleaved_behaveAsInSomeOrder() {
    Interleavings.check(Buckets.class);
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
