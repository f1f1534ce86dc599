package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The deadline of calls that have none. */
final class UnaryDeadlineTest {
  @Test
  void at_soonAfterOneAnother_theSame() {
    UnaryDeadline deadline = new UnaryDeadline(Duration.ofHours(1));
    long nanos = Long.MAX_VALUE - 5; // and over the end of the clock

    Deadline first = deadline.at(nanos);
    assertThat(first.timeRemaining(TimeUnit.MINUTES)).isBetween(50L, 60L);
    assertThat(deadline.at(nanos + UnaryDeadline.SHARED.toNanos())).isSameAs(first);
    assertThat(deadline.at(nanos + UnaryDeadline.SHARED.toNanos() + 1)).isNotSameAs(first);
  }

  @Test
  void at_shortDeadline_sharedForAHundredthOfItAlone() {
    UnaryDeadline deadline = new UnaryDeadline(Duration.ofMillis(50));

    Deadline first = deadline.at(0);
    assertThat(deadline.at(TimeUnit.MICROSECONDS.toNanos(500))).isSameAs(first);
    assertThat(deadline.at(TimeUnit.MICROSECONDS.toNanos(501))).isNotSameAs(first);
  }

  @Test
  void of_noTime_refused() {
    for (Duration none : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1)}) {
      assertThatThrownBy(() -> new UnaryDeadline(none))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected: > 0");
    }
  }
}
