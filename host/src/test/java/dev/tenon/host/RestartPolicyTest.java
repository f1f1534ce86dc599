package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RestartPolicyTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  /** A source that gives one number. */
  private record Fixed(double value) implements RandomGenerator {
    @Override
    public long nextLong() {
      throw new AssertionError("not asked for");
    }

    @Override
    public double nextDouble() {
      return value;
    }
  }

  private static List<Long> millis(RandomGenerator random) {
    List<Long> pauses = new ArrayList<>();
    for (int attempt = 1; attempt <= 7; attempt++) {
      pauses.add(RestartPolicy.DEFAULT.pause(attempt, random).toMillis());
    }
    return pauses;
  }

  /** A second, doubled each time, never more than 30 s. Row: LC-6. */
  @Test
  void pause_halfWay_doublesToTheMost() {
    assertThat(millis(new Fixed(0.5)))
        .containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 30_000L, 30_000L);
  }

  /** A fifth less or more, and the longest is the longest. Row: LC-6. */
  @Test
  void pause_atTheEnds_variesByAFifth() {
    assertThat(millis(new Fixed(0)))
        .containsExactly(800L, 1_600L, 3_200L, 6_400L, 12_800L, 25_600L, 30_000L);
    assertThat(millis(new Fixed(1)))
        .containsExactly(1_200L, 2_400L, 4_800L, 9_600L, 19_200L, 30_000L, 30_000L);
  }

  /** The hundredth pause is as long as the longest, not as an overflow has it. */
  @Test
  void pause_manyTries_staysAtTheMost() {
    RestartPolicy policy = new RestartPolicy(100, SECOND, HOUR, HOUR);
    assertThat(policy.pause(100, new Fixed(1))).isEqualTo(HOUR);
  }

  @Test
  void policy_outOfRange_isRefused() {
    assertThatThrownBy(() -> new RestartPolicy(-1, SECOND, HOUR, HOUR))
        .hasMessage("tries: -1 (expected: 0 to 100)");
    assertThatThrownBy(() -> new RestartPolicy(101, SECOND, HOUR, HOUR))
        .hasMessage("tries: 101 (expected: 0 to 100)");
    assertThatThrownBy(() -> new RestartPolicy(1, Duration.ZERO, HOUR, HOUR))
        .hasMessage("first: PT0S (expected: > 0, at most P1D)");
    assertThatThrownBy(() -> new RestartPolicy(1, SECOND, Duration.ofDays(2), HOUR))
        .hasMessage("most: PT48H (expected: > 0, at most P1D)");
    assertThatThrownBy(() -> new RestartPolicy(1, SECOND, HOUR, SECOND.negated()))
        .hasMessage("stable: PT-1S (expected: > 0, at most P1D)");
    assertThatThrownBy(() -> new RestartPolicy(1, HOUR, SECOND, HOUR))
        .hasMessage("first: PT1H (expected: not longer than most, PT1S)");
  }
}
