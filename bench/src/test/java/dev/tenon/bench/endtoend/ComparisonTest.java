package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final List<Sample> samples = new ArrayList<>();

  @Test
  void section_ofRoundsThatAgree_hasMediansAndRatiosWithinRounds() {
    // The machine was twice as slow in the second round: the ratios do not show it.
    round(Way.TENON, 1, 30);
    round(Way.HAPROXY, 1, 20);
    round(Way.TENON, 2, 60);
    round(Way.HAPROXY, 2, 40);
    round(Way.TENON, 3, 30);
    round(Way.HAPROXY, 3, 20);

    assertThat(section())
        .contains("\n| Tenon | 30.0 (30.0–60.0) | 1.00 (1.00–1.00) | 1.50 (1.50–1.50) | – | ")
        .contains("\n| HAProxy h2 | 20.0 (20.0–40.0) | – | – | – | ")
        .contains("\n| nginx grpc_pass | – | – | – | – | – |\n")
        .endsWith("\nEvery call had the right answer.\n");
  }

  @Test
  void section_ofRoundsThatDisagree_hasNoRatio() {
    round(Way.TENON, 1, 10);
    round(Way.TENON, 2, 20);
    round(Way.TENON, 3, 30);
    for (int number = 1; number <= 3; number++) {
      round(Way.HAPROXY, number, 20);
    }

    assertThat(section()).contains("\n| Tenon | 20.0 (10.0–30.0) | 1.00 (1.00–1.00) | – | – | ");
  }

  @Test
  void section_withFailedCalls_showsThemInPlaceOfNumbers() {
    samples.add(
        new Sample(
            Setting.UNIX,
            Way.NGINX,
            Load.ONE_CONNECTION,
            1,
            new Outcome(5, 5, 5, 3, 2, 1, 1, 1, "grpc-status 14"),
            new CpuTime(1_000, 0)));

    assertThat(section())
        .endsWith(
            "\n"
                + "- nginx grpc_pass, mTLS, a Unix socket to the backend: 64 B, 1 connection, 32"
                + " calls at once, round 1: 5 right, 3 failed, 2 unanswered. grpc-status 14\n");
    assertThat(section().lines())
        .filteredOn(line -> line.startsWith("| nginx grpc_pass |"))
        .allMatch(line -> line.startsWith("| nginx grpc_pass | – | – | – | – | –"));
  }

  private void round(Way way, int number, long cpuMicros) {
    Outcome outcome = new Outcome(1_000, 1_000, 1_000, 0, 0, 1, 1, 1, "");
    samples.add(
        new Sample(
            Setting.UNIX,
            way,
            Load.ONE_CONNECTION,
            number,
            outcome,
            new CpuTime(cpuMicros * 1_000_000, 1_000_000)));
  }

  @Test
  void isClean_withFailedCallsOfTenonsOrTheBackend_isFalse() {
    for (Way way : Way.values()) {
      Outcome outcome = new Outcome(5, 5, 5, 1, 0, 1, 1, 1, "grpc-status 14");
      Sample failed =
          new Sample(Setting.TCP, way, Load.PING_PONG, 1, outcome, new CpuTime(1_000, 0));

      assertThat(new Comparison("", 1, new Samples(List.of(failed))).isClean())
          .as(way.title())
          .isEqualTo(!way.isJvm() && !way.isDirect());
    }
  }

  private String section() {
    return new Comparison("some versions", 3, new Samples(samples)).section();
  }
}
