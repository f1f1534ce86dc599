package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The bucket beside one that counts in exact decimals. */
class TokenBucketProperties {
  private static final BigDecimal NANOS_PER_SECOND = BigDecimal.valueOf(1_000_000_000);

  /**
   * Any steps of time give the verdicts of exact arithmetic, and the wait that is told is enough.
   *
   * <p>Row: DS-2
   */
  @Property(tries = 1_000)
  void take_anyTimes_asExactArithmetic(
      @ForAll @IntRange(max = 1_000) int perSecond,
      @ForAll @IntRange(min = 1, max = 1_000) int burst,
      @ForAll @Size(max = 200) List<@IntRange(max = 2_000) Integer> steps) {
    Rate rate = new Rate(perSecond, burst);
    long now = Long.MAX_VALUE - 1_000;
    TokenBucket bucket = new TokenBucket(rate, now);
    BigDecimal tokens = BigDecimal.valueOf(burst);
    for (int millis : steps) {
      now += millis * 1_000_000L;
      BigDecimal come =
          BigDecimal.valueOf(millis * 1_000_000L)
              .multiply(BigDecimal.valueOf(perSecond))
              .divide(NANOS_PER_SECOND);
      tokens = tokens.add(come).min(BigDecimal.valueOf(burst));
      boolean clear = tokens.subtract(BigDecimal.ONE).abs().doubleValue() > 1e-9;
      Verdict verdict = requireNonNull(bucket.take(rate, now));
      if (clear) {
        assertThat(verdict == Verdict.ALLOWED).isEqualTo(tokens.compareTo(BigDecimal.ONE) >= 0);
      }
      if (verdict == Verdict.ALLOWED) {
        tokens = tokens.subtract(BigDecimal.ONE);
      } else if (perSecond > 0) {
        long later = now + ((Verdict.Refused) verdict).retryAfter().orElseThrow().toNanos();
        assertThat(bucket.take(rate, later)).isEqualTo(Verdict.ALLOWED);
        return;
      }
    }
  }
}
