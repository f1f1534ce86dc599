package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.examples.host.UnderLoad.Counts;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class UnderLoadTest {
  private static final Duration LONGEST = Duration.ofMillis(5);

  @Test
  void problems_withCallsAnsweredAtOnceOrAgain_areNone() {
    assertThat(new Counts(9, 0, 0, LONGEST).problems("step")).isEmpty();
    assertThat(new Counts(9, 2, 0, LONGEST).problems("step")).isEmpty();
  }

  @Test
  void problems_withFailedCalls_sayHowMany() {
    assertThat(new Counts(9, 0, 2, LONGEST).problems("step"))
        .containsExactly("step: 2 calls failed (expected: none)");
  }

  @Test
  void problems_withoutAnyCall_sayIt() {
    assertThat(new Counts(0, 0, 0, Duration.ZERO).problems("step"))
        .containsExactly("step: no call was answered (expected: some)");
  }
}
