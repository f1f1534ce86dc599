package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When something is over: by either clock, never late, and for good. */
final class ExpiryTest {
  private static final Duration LIFE = Duration.ofMinutes(1);
  private static final Duration MILLI = Duration.ofMillis(1);

  private final TestClock clock = new TestClock();
  private final Expiry expiry = new Clocks(clock, clock).after(LIFE);

  @Test
  void wallClock_atTheEnd_isOver() {
    clock.advanceWall(LIFE.minus(MILLI));
    assertThat(expiry.isOver()).isFalse();

    clock.advanceWall(MILLI);
    assertThat(expiry.isOver()).isTrue();
  }

  /** The wall clock is read in milliseconds: what ends within one is over when that begins. */
  @Test
  void wallClock_inTheLastMillisecond_isOver() {
    TestClock odd = new TestClock();
    odd.advanceWall(Duration.ofNanos(700_000));
    Expiry late = new Clocks(odd, odd).after(LIFE);

    odd.advanceWall(LIFE.minusNanos(700_001));
    assertThat(late.isOver()).isFalse();
    odd.advanceWall(Duration.ofNanos(1));
    assertThat(late.isOver()).isTrue();
  }

  @Test
  void monotonicClock_atTheEnd_isOver() {
    clock.advanceNanos(LIFE.minusNanos(1));
    assertThat(expiry.isOver()).isFalse();

    clock.advanceNanos(Duration.ofNanos(1));
    assertThat(expiry.isOver()).isTrue();
  }

  @Test
  void wallClock_thatIsSetBack_revivesNothing() {
    clock.advanceWall(LIFE);
    assertThat(expiry.isOver()).isTrue();

    clock.advanceWall(LIFE.negated());
    assertThat(expiry.isOver()).isTrue();
  }
}
