package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoalsTest {
  private static final int ROUNDS = 5;

  private final List<Sample> samples = new ArrayList<>();

  @Test
  void section_ofRoundsThatAgree_saysWhichGoalsAreMet() {
    for (int round = 1; round <= ROUNDS; round++) {
      add(Setting.TCP, Way.TENON, Load.ONE_CONNECTION, round, 2, 0);
      add(Setting.TCP, Way.HAPROXY, Load.ONE_CONNECTION, round, 10, 0);
      add(Setting.TCP, Way.SPLICE, Load.ONE_CONNECTION, round, 1, 0);
      add(Setting.PLAIN, Way.PLAIN_RELAY, Load.ONE_CONNECTION, round, 3, 0);
      add(Setting.PLAIN, Way.HAPROXY, Load.ONE_CONNECTION, round, 10, 0);
    }

    assertThat(section())
        .contains("\n| 1 | 64 B, 1 × 32: CPU / HAProxy h2 | ≤ 0.25 | 0.20 (0.20–0.20), met | – |\n")
        .contains("\n| 2 | the same / byte splice | ≤ 1.60 | 2.00 (2.00–2.00), not met | – |\n")
        .contains("on loopback) | ≤ 0.25 | 0.30 (0.30–0.30), not met | – |\n")
        .contains("\n| 4 | 64 B, 8 × 100: CPU / HAProxy h2 | ≤ 0.08 | – | – |\n");
  }

  @Test
  void section_ofRoundsThatDisagree_hasNoNumber() {
    for (int round = 1; round <= ROUNDS; round++) {
      add(Setting.UNIX, Way.TENON, Load.ONE_CONNECTION, round, round, 0);
      add(Setting.UNIX, Way.RELAY, Load.ONE_CONNECTION, round, 20, 0);
    }

    assertThat(section())
        .contains("CPU / relay on grpc-java | ≤ 0.25 | – | no number (spread) |\n");
  }

  @Test
  void section_ofAnyRun_hasALineForEachGoal() {
    String section = section();

    for (int number = 1; number <= 16; number++) {
      assertThat(section).contains("\n| " + number + " | ");
    }
    assertThat(section)
        .contains(
            "| 3 | the same in plain text / HAProxy h2 (the relay alone, on loopback) | ≤ 0.25 | –"
                + " |")
        .contains("inside the host that never blocks | ≤ 300 ns | 120 (120–120) ns, met | – |\n")
        .contains("/ grpc-java's transport inside a process | ≤ 0.30 | 0.10 (0.10–0.10), met; of a")
        .contains("; of a service that may block 24,000 (24,000–24,000) ns | – |")
        .contains("archive of its classes | ≤ 1.50 s | – | 1.60 (1.60–1.60) s, not met |\n");
  }

  /** Both are to be compared with what the splice adds, not with what it takes. */
  @Test
  void section_ofLatencies_comparesWhatIsAdded() {
    for (int round = 1; round <= ROUNDS; round++) {
      add(Setting.TCP, Way.DIRECT, Load.FIXED_RATE, round, 1, 100);
      add(Setting.TCP, Way.DIRECT_AGAIN, Load.FIXED_RATE, round, 1, 140);
      add(Setting.TCP, Way.SPLICE, Load.FIXED_RATE, round, 1, 200);
      add(Setting.TCP, Way.TENON, Load.FIXED_RATE, round, 1, 260);
    }

    assertThat(section())
        .contains("what the byte splice adds | ≤ 1.00 | 1.60 (1.60–1.60), not met | – |\n")
        .contains("| ≤ 1.25 | 1.30 (1.30–1.30), met within A/A; A/A 1.40 (1.40–1.40) | – |\n");
  }

  /** What direct mode costs may be as much as two JVMs of one program differ by. */
  @Test
  void section_ofDirectMode_isJudgedByWhatOneProgramDiffersBy() {
    for (int round = 1; round <= ROUNDS; round++) {
      add(Setting.PLUGINS, Way.PLUGIN_SERVER, Load.ONE_CONNECTION, round, 100, 0);
      add(Setting.PLUGINS, Way.PLUGIN_SERVER_AGAIN, Load.ONE_CONNECTION, round, 110, 0);
      add(Setting.PLUGINS, Way.DIRECT_MODE, Load.ONE_CONNECTION, round, 108, 0);
      add(Setting.PLUGINS, Way.PLUGIN_SERVER, Load.PING_PONG, round, 100, 0);
      add(Setting.PLUGINS, Way.PLUGIN_SERVER_AGAIN, Load.PING_PONG, round, 100, 0);
      add(Setting.PLUGINS, Way.DIRECT_MODE, Load.PING_PONG, round, 108, 0);
    }

    assertThat(section().lines().filter(line -> line.startsWith("| direct | ")))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .contains(
                        "1 × 32: CPU", "1.08 (1.08–1.08), met within A/A; A/A 1.10 (1.10–1.10)"),
            line -> assertThat(line).contains("2,000/s: p50", "| ≤ 1.05 | – | – |"),
            line ->
                assertThat(line)
                    .contains("of a stream", "1.08 (1.08–1.08), not met; A/A 1.00 (1.00–1.00)"));
  }

  @Test
  void find_ofRoundsOnEitherSide_judgesTheMedian() throws Exception {
    for (int round = 1; round <= ROUNDS; round++) {
      add(Setting.UNIX, Way.TENON, Load.ONE_CONNECTION, round, round < 4 ? 2 : 9, 0);
      add(Setting.UNIX, Way.RELAY, Load.ONE_CONNECTION, round, 10, 0);
    }

    assertThat(Guard.find(new Samples(samples)).isMet()).isTrue();
    assertThat(Guard.find(new Samples(samples)).text()).contains("ratio 0.20 (0.20–0.90)");

    add(Setting.UNIX, Way.TENON, Load.ONE_CONNECTION, 6, 9, 0);
    add(Setting.UNIX, Way.RELAY, Load.ONE_CONNECTION, 6, 10, 0);

    assertThat(Guard.find(new Samples(samples)).isMet()).isFalse();
  }

  private void add(Setting setting, Way way, Load load, int round, long micros, double latency) {
    Outcome outcome = new Outcome(1_000, 1_000, 64_000, 0, 0, 1, latency, latency, "");
    CpuTime cpu = new CpuTime(micros * 1_000_000, 0);
    samples.add(new Sample(setting, way, load, round, outcome, cpu));
  }

  private String section() {
    return new Goals(
            new Comparison("", ROUNDS, new Samples(samples)),
            List.of(1.6, 1.6, 1.6),
            new InProcessCalls.Times(
                List.of(120.0, 120.0, 120.0),
                List.of(24_000.0, 24_000.0, 24_000.0),
                List.of(1_200.0, 1_200.0, 1_200.0)))
        .section();
  }
}
