package dev.tenon.router.choose;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.EjectionPolicy;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutcomeTest {
  private static Outcome of(Status.Code code, boolean isOurs, boolean isFromProvider) {
    return Outcome.of(Status.fromCode(code), isOurs, isFromProvider, Duration.ZERO);
  }

  /** Only that a provider is not there is its failure. Row: CI-2. */
  @ParameterizedTest
  @EnumSource
  void of_statusOfTheProvider_answerUnlessUnavailable(Status.Code code) {
    assertThat(of(code, false, true))
        .isEqualTo(code == Status.Code.UNAVAILABLE ? Outcome.FAILED : Outcome.ANSWERED);
  }

  @Test
  void of_noConnection_failed() {
    assertThat(of(Status.Code.UNAVAILABLE, false, false)).isEqualTo(Outcome.FAILED);
  }

  @ParameterizedTest
  @EnumSource(names = {"INTERNAL", "CANCELLED", "UNKNOWN", "RESOURCE_EXHAUSTED"})
  void of_streamThatBrokeOff_broken(Status.Code code) {
    assertThat(of(code, false, false)).isEqualTo(Outcome.BROKEN);
  }

  /** Who ends a call in good time says nothing of its provider; after long silence it does. */
  @Test
  void of_endedFromOurSide_brokenAfterLongSilenceAlone() {
    Duration silence = EjectionPolicy.SILENCE;
    for (Status status : new Status[] {Status.CANCELLED, Status.DEADLINE_EXCEEDED}) {
      assertThat(Outcome.of(status, true, false, Duration.ZERO)).isEqualTo(Outcome.NOTHING);
      assertThat(Outcome.of(status, true, false, silence.minusNanos(1))).isEqualTo(Outcome.NOTHING);
      assertThat(Outcome.of(status, true, false, silence)).isEqualTo(Outcome.BROKEN);
    }
  }
}
