package dev.tenon.auth.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.Race;
import dev.tenon.auth.TestClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {
  private static final LimitKey ALICE = key("alice");
  private static final LimitKey BOB = key("bob");

  private final TestClock clock = new TestClock();
  private final TokenBuckets limiter = new TokenBuckets(clock);

  private static LimitKey key(String who) {
    return new LimitKey(Limited.CALL, who);
  }

  private static Duration waitOf(Verdict verdict) {
    return ((Verdict.Refused) verdict).retryAfter().orElseThrow();
  }

  /** Returns how many of {@code attempts} are allowed one after the other. */
  private int allowed(LimitKey key, Rate rate, int attempts) {
    int allowed = 0;
    for (int i = 0; i < attempts; i++) {
      if (limiter.allow(key, rate) == Verdict.ALLOWED) {
        allowed++;
      }
    }
    return allowed;
  }

  /**
   * A key that has rested may do its burst at once, and no more.
   *
   * <p>Row: DS-2
   */
  @Test
  void allow_afterRest_burstAtOnce() {
    assertThat(allowed(ALICE, new Rate(2, 5), 20)).isEqualTo(5);
    assertThat(waitOf(limiter.allow(ALICE, new Rate(2, 5))))
        .isBetween(Duration.ofMillis(500), Duration.ofMillis(501));
    assertThat(allowed(BOB, new Rate(2, 5), 20)).isEqualTo(5);
  }

  /**
   * Tokens come back at the rate, not above the burst; whoever waits as long as it is told passes.
   *
   * <p>Row: DS-2
   */
  @Test
  void allow_afterTheWaitThatWasTold_passes() {
    Rate rate = new Rate(3, 2);
    assertThat(allowed(ALICE, rate, 2)).isEqualTo(2);
    for (int i = 0; i < 1_000; i++) {
      clock.advanceNanos(waitOf(limiter.allow(ALICE, rate)));
      assertThat(limiter.allow(ALICE, rate)).isEqualTo(Verdict.ALLOWED);
    }
    clock.advanceNanos(Duration.ofDays(1));
    assertThat(allowed(ALICE, rate, 20)).isEqualTo(2);
  }

  /**
   * Rate 0 brings nothing back, and a burst of 0 or less lets nothing pass; no wait helps.
   *
   * <p>Row: DS-2
   */
  @Test
  void allow_rateOrBurstZero_refusedForGood() {
    assertThat(allowed(ALICE, new Rate(0, 3), 5)).isEqualTo(3);
    clock.advanceNanos(Duration.ofDays(1));
    assertThat(limiter.allow(ALICE, new Rate(0, 3))).isEqualTo(Verdict.Refused.FOR_GOOD);
    assertThat(limiter.allow(BOB, new Rate(100, 0))).isEqualTo(Verdict.Refused.FOR_GOOD);
    assertThat(limiter.allow(BOB, new Rate(100, -1))).isEqualTo(Verdict.Refused.FOR_GOOD);
    assertThat(limiter.size()).isEqualTo(1);
  }

  /**
   * Another rate takes effect at once, for tokens that come from now on and for those that are
   * left.
   *
   * <p>Row: DS-2
   */
  @Test
  void allow_otherRateThanBefore_takesEffectAtOnce() {
    assertThat(allowed(ALICE, new Rate(1, 10), 1)).isEqualTo(1);
    assertThat(allowed(ALICE, new Rate(1, 2), 5)).isEqualTo(2);
    assertThat(allowed(ALICE, new Rate(100, 50), 5)).isZero();
    clock.advanceNanos(Duration.ofMillis(100));
    assertThat(allowed(ALICE, new Rate(100, 50), 20)).isEqualTo(10);
  }

  /**
   * Of a hundred threads that ask ten times each, exactly the burst passes: no bucket is made twice
   * and no token is given twice.
   *
   * <p>Row: DS-2
   */
  @RepeatedTest(10)
  void allow_hundredThreadsAtOnce_exactlyTheBurst() throws Exception {
    Rate rate = new Rate(0, 10);
    List<Integer> passed = Race.run(100, i -> () -> allowed(ALICE, rate, 10));
    assertThat(passed.stream().mapToInt(Integer::intValue).sum()).isEqualTo(10);
  }

  /**
   * A clock that seems to go back neither brings tokens nor loses those that come later. Attack:
   * O1, P10.
   */
  @Test
  void allow_clockGoesBackAnHour_nothingGained() {
    Rate rate = new Rate(1, 2);
    assertThat(allowed(ALICE, rate, 5)).isEqualTo(2);
    clock.advanceNanos(Duration.ofHours(-1));
    assertThat(allowed(ALICE, rate, 5)).isZero();
    clock.advanceNanos(Duration.ofHours(1).plusSeconds(1));
    assertThat(allowed(ALICE, rate, 5)).isEqualTo(1);
  }

  /** The greatest numbers do not overflow into a free pass, or into none. */
  @Test
  void allow_greatestNumbers_noOverflow() {
    Rate most = new Rate(Double.MAX_VALUE, Integer.MAX_VALUE);
    assertThat(allowed(ALICE, most, 100)).isEqualTo(100);
    clock.advanceNanos(Duration.ofDays(100_000));
    assertThat(allowed(ALICE, most, 100)).isEqualTo(100);

    Rate slowest = new Rate(Double.MIN_VALUE, 1);
    assertThat(allowed(BOB, slowest, 2)).isEqualTo(1);
    assertThat(waitOf(limiter.allow(BOB, slowest))).isGreaterThan(Duration.ofDays(100_000));
  }

  /**
   * A million keys take a bounded room, and none of them wins an attacker's bucket back that it had
   * used up.
   *
   * <p>Row: DS-6.
   *
   * <p>Attack: P10.
   */
  @Test
  void allow_millionKeys_boundedAndNobodyStartsAnew() {
    Rate rate = new Rate(1 / 3600.0, 3);
    assertThat(allowed(ALICE, rate, 10)).isEqualTo(3);
    for (int i = 0; i < 1_000_000; i++) {
      var unused = limiter.allow(key("spray-" + i), rate);
    }
    assertThat(limiter.size()).isEqualTo(TokenBuckets.MAX_BUCKETS);
    assertThat(allowed(ALICE, rate, 10)).isZero();
    assertThat(allowed(key("one more"), rate, 10)).isZero();
  }

  /**
   * Full buckets make room for new keys at once, and idle ones go after five minutes.
   *
   * <p>Row: DS-6
   */
  @Test
  void allow_bucketsFullAgain_makeRoom() {
    Rate rate = new Rate(1, 2);
    for (int i = 0; i < TokenBuckets.MAX_BUCKETS; i++) {
      var unused = limiter.allow(key("spray-" + i), rate);
    }
    clock.advanceNanos(Duration.ofSeconds(2));
    assertThat(allowed(ALICE, rate, 10)).isEqualTo(2);
    assertThat(limiter.size()).isEqualTo(1);

    clock.advanceNanos(TokenBuckets.IDLE);
    assertThat(allowed(BOB, rate, 10)).isEqualTo(2);
    assertThat(limiter.size()).isEqualTo(1);
  }

  /** However long it waits, whoever used up what never comes back does not get it by idling. */
  @Test
  void allow_usedUpAndIdleForADay_staysUsedUp() {
    Rate never = new Rate(0, 3);
    Rate slow = new Rate(1 / 7200.0, 3);
    assertThat(allowed(ALICE, never, 10)).isEqualTo(3);
    assertThat(allowed(BOB, slow, 10)).isEqualTo(3);
    clock.advanceNanos(Duration.ofHours(2));
    assertThat(allowed(key("other"), slow, 1)).isEqualTo(1);
    assertThat(allowed(ALICE, never, 10)).isZero();
    assertThat(allowed(BOB, slow, 10)).isEqualTo(1);
  }

  /** While buckets are retired under it, nobody gets more than burst and rate. */
  @RepeatedTest(5)
  void allow_bucketsRetiredMeanwhile_neverMoreThanTheRate() throws Exception {
    Rate rate = new Rate(1_000, 5);
    long begun = clock.getAsLong();
    List<Integer> passed =
        Race.run(
            8,
            thread ->
                () -> {
                  int taken = 0;
                  for (int i = 0; i < 2_000; i++) {
                    if (thread == 0) {
                      clock.advanceNanos(Duration.ofSeconds(61));
                    }
                    taken += allowed(ALICE, rate, 1);
                  }
                  return taken;
                });
    double seconds = (clock.getAsLong() - begun) / 1e9;
    assertThat(passed.stream().mapToInt(Integer::intValue).sum())
        .isLessThanOrEqualTo((int) Math.min(Integer.MAX_VALUE, seconds * 1_000 + 5))
        .isPositive();
  }

  @Test
  void allow_afterClose_refused() {
    limiter.close();
    limiter.close();
    assertThat(limiter.allow(ALICE, new Rate(1, 1))).isEqualTo(Verdict.Refused.FOR_GOOD);
  }

  /** A sweep is due after its whole period, not earlier. */
  @Test
  void allow_exactlyWhenASweepIsDue_forgetsWhoWasIdleAllTheTime() {
    Rate rate = new Rate(1, 1);
    TokenBuckets early = new TokenBuckets(() -> clock.getAsLong() - Long.MAX_VALUE);
    assertThat(early.allow(ALICE, rate)).isEqualTo(Verdict.ALLOWED);
    clock.advanceNanos(TokenBuckets.IDLE.minus(TokenBuckets.SWEEP.dividedBy(2)));
    assertThat(early.allow(BOB, rate)).isEqualTo(Verdict.ALLOWED);
    clock.advanceNanos(TokenBuckets.SWEEP.dividedBy(2));

    assertThat(early.allow(BOB, rate)).isEqualTo(Verdict.ALLOWED);
    assertThat(early.size()).isEqualTo(2);
    clock.advanceNanos(TokenBuckets.SWEEP.dividedBy(2));

    assertThat(early.allow(BOB, rate)).isEqualTo(Verdict.ALLOWED);
    assertThat(early.size()).isEqualTo(1);
  }

  /** A clock that seems to go back and forth brings nothing. */
  @Test
  void take_clockThatGoesBackAndForth_bringsNothing() {
    Rate fast = new Rate(1e9, 2);
    TokenBucket bucket = new TokenBucket(fast, 100);
    assertThat(bucket.take(fast, 100)).isEqualTo(Verdict.ALLOWED);
    assertThat(bucket.take(fast, 98)).isEqualTo(Verdict.ALLOWED);

    assertThat(bucket.take(fast, 100)).isInstanceOf(Verdict.Refused.class);
  }

  @Test
  void retire_notIdleForSoLong_staysInUse() {
    Rate rate = new Rate(1e9, 1);
    TokenBucket bucket = new TokenBucket(rate, 1_000);

    assertThat(bucket.retire(1_500, 1_000)).isFalse();
    assertThat(bucket.retire(2_000, 1_000)).isTrue();
    assertThat(bucket.retire(4_000, 1_000)).as("once").isFalse();
    assertThat(bucket.take(rate, 4_000)).isNull();
  }

  /** Whatever time passes, nothing comes: so no wait is told. */
  @Test
  void take_burstBelowOne_refusedForGood() {
    Rate none = new Rate(100, 0);

    assertThat(new TokenBucket(none, 0).take(none, 0)).isEqualTo(Verdict.Refused.FOR_GOOD);
  }

  /** A sweep that finds no full bucket makes no room, and nobody gets a bucket beyond it. */
  @Test
  void allow_sweepUnderPressureFindsNothing_noBucketBeyondTheRoom() {
    Rate slow = new Rate(1 / 3600.0, 3);
    for (int i = 0; i < TokenBuckets.MAX_BUCKETS; i++) {
      var unused = limiter.allow(key("spray-" + i), slow);
    }
    clock.advanceNanos(TokenBuckets.PRESSED_SWEEP);

    assertThat(allowed(ALICE, slow, 10)).isEqualTo(3);
    assertThat(allowed(BOB, slow, 10)).as("shares what is left of one bucket").isZero();
    assertThat(limiter.size()).isEqualTo(TokenBuckets.MAX_BUCKETS);
  }

  /** Who found no room has taken none: all of it is there again when the others' is. Row: DS-6 */
  @Test
  void allow_afterMoreKeysThanRoom_allTheRoomIsThereAgain() {
    Rate rate = new Rate(1, 2);
    for (int i = 0; i < TokenBuckets.MAX_BUCKETS + 500; i++) {
      var unused = limiter.allow(key("spray-" + i), rate);
    }
    clock.advanceNanos(Duration.ofSeconds(2));
    for (int i = 0; i < TokenBuckets.MAX_BUCKETS; i++) {
      var unused = limiter.allow(key("again-" + i), rate);
    }

    assertThat(limiter.size()).isEqualTo(TokenBuckets.MAX_BUCKETS);
  }

  @Test
  void close_thenAsked_refusesAndHoldsNothing() {
    assertThat(limiter.allow(ALICE, new Rate(1, 1))).isEqualTo(Verdict.ALLOWED);

    limiter.close();

    assertThat(limiter.size()).isZero();
    assertThat(limiter.allow(BOB, new Rate(1, 1))).isInstanceOf(Verdict.Refused.class);
  }

  @Test
  void inMemory_always_aLimiterThatCounts() {
    try (RateLimiter counting = RateLimiter.inMemory()) {
      assertThat(counting.allow(ALICE, new Rate(0, 1))).isEqualTo(Verdict.ALLOWED);
      assertThat(counting.allow(ALICE, new Rate(0, 1))).isInstanceOf(Verdict.Refused.class);
    }
  }
}
