package dev.tenon.router.choose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.EjectionPolicy;
import dev.tenon.router.choose.Outcome.EndedBy;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeTest {
  private static Outcome of(Status.Code code, EndedBy by, boolean isAnswered) {
    return Outcome.of(Status.fromCode(code), by, isAnswered, Duration.ZERO);
  }

  /** Only that a provider is not there is its failure. Row: CI-2. */
  @ParameterizedTest
  @EnumSource
  void of_statusOfTheProvider_answerUnlessUnavailableAlone(Status.Code code) {
    boolean isFailure = code == Status.Code.UNAVAILABLE;
    assertThat(of(code, EndedBy.PROVIDER, false))
        .isEqualTo(isFailure ? Outcome.FAILED : Outcome.ANSWERED);
    assertThat(of(code, EndedBy.PROVIDER, true)).isEqualTo(Outcome.ANSWERED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void of_connectionLostOrNone_failed(boolean isAnswered) {
    assertThat(of(Status.Code.UNAVAILABLE, EndedBy.CONNECTION, isAnswered))
        .isEqualTo(Outcome.FAILED);
  }

  @ParameterizedTest
  @EnumSource(names = {"INTERNAL", "CANCELLED", "UNKNOWN", "RESOURCE_EXHAUSTED"})
  void of_streamThatBrokeOff_broken(Status.Code code) {
    assertThat(of(code, EndedBy.CONNECTION, false)).isEqualTo(Outcome.BROKEN);
  }

  /** Who ends a call in good time says nothing of its provider; after long silence it does. */
  @Test
  void of_endedFromOurSide_brokenAfterLongSilenceAlone() {
    Duration silence = EjectionPolicy.SILENCE;
    for (Status status : new Status[] {Status.CANCELLED, Status.DEADLINE_EXCEEDED}) {
      assertThat(Outcome.of(status, EndedBy.OUR_SIDE, false, silence.minusNanos(1)))
          .isEqualTo(Outcome.NOTHING);
      assertThat(Outcome.of(status, EndedBy.OUR_SIDE, false, silence)).isEqualTo(Outcome.BROKEN);
      assertThat(Outcome.of(status, EndedBy.OUR_SIDE, true, silence.multipliedBy(99)))
          .isEqualTo(Outcome.NOTHING);
    }
  }
}
