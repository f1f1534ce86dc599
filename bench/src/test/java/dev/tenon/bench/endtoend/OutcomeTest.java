package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeTest {
  @Test
  void parse_lineOfTheLoadGenerator_hasAllOfIt() {
    Outcome outcome =
        Outcome.parse(
            "{\"calls\":500,\"messages\":600,\"bytes\":700,\"failed\":2,\"unanswered\":1,\"seconds\":0.25,\"p50_us\":10.5,\"p99_us\":99.0,\"first_failure\":\"grpc-status"
                + " 14\"}");

    assertThat(outcome)
        .isEqualTo(new Outcome(500, 600, 700, 2, 1, 0.25, 10.5, 99, "grpc-status 14"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "ready", "{\"calls\":\"many\",\"first_failure\":\"\"}"})
  void parse_anotherLine_isRefused(String line) {
    assertThatThrownBy(() -> Outcome.parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected:");
  }

  @Test
  void isClean_withOneWrongOrMissingAnswer_isFalse() {
    assertThat(new Outcome(500, 500, 500, 0, 0, 1, 1, 1, "").isClean()).isTrue();
    assertThat(new Outcome(500, 500, 500, 1, 0, 1, 1, 1, "x").isClean()).isFalse();
    assertThat(new Outcome(500, 500, 500, 0, 1, 1, 1, 1, "").isClean()).isFalse();
    assertThat(new Outcome(0, 0, 0, 0, 0, 1, 0, 0, "").isClean()).isFalse();
  }

  @Test
  void units_ofEachLoad_areWhatItIsCountedIn() {
    Outcome outcome = new Outcome(500, 600, 7_000_000, 0, 0, 1, 1, 1, "");

    assertThat(Load.ONE_CONNECTION.units(outcome)).isEqualTo(500);
    assertThat(Load.CONNECTIONS.units(outcome)).isEqualTo(500);
    assertThat(Load.PING_PONG.units(outcome)).isEqualTo(600);
    assertThat(Load.SERVER_STREAM.units(outcome)).isEqualTo(7);
  }
}
