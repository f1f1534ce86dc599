package dev.tenon.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditRateTest {
  @TempDir private Path folder;

  @Test
  void measure_oneRound_everyRateAndNothingLeft() throws Exception {
    List<AuditRate.Round> rounds = new AuditRate(folder, 1, Duration.ofMillis(20)).measure();

    assertThat(rounds).hasSize(1);
    assertThat(rounds.get(0).serial()).isPositive();
    assertThat(rounds.get(0).byCallers())
        .hasSameSizeAs(AuditRate.CALLERS)
        .allSatisfy(rate -> assertThat(rate).isPositive());
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void text_ofThreeRounds_mediansAndRatiosWithinEachRound() {
    AuditTable table =
        new AuditTable(
            List.of(
                new AuditRate.Round(1000, List.of(900.0, 1500.0, 3000.0, 9000.0, 20000.0)),
                new AuditRate.Round(500, List.of(400.0, 1000.0, 2000.0, 5000.0, 9000.0)),
                new AuditRate.Round(2000, List.of(2000.0, 3000.0, 5000.0, 9000.0, 30000.0))));

    assertThat(table.text())
        .startsWith("## Audit records\n\n")
        .endsWith(
            """
            | serial | 1,000 (500–2,000) | – |
            | 1 | 900 (400–2,000) | 0.90 (0.80–1.00) |
            | 2 | 1,500 (1,000–3,000) | 1.50 (1.50–2.00) |
            | 4 | 3,000 (2,000–5,000) | 3.00 (2.50–4.00) |
            | 16 | 9,000 (5,000–9,000) | 9.00 (4.50–10.00) |
            | 64 | 20,000 (9,000–30,000) | 18.00 (15.00–20.00) |
            """);
  }
}
