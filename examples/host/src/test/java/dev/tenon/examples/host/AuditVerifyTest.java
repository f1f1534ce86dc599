package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.JsonLinesAuditLog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tenon audit verify}, and its exit status. */
class AuditVerifyTest {
  @TempDir Path folder;
  private Path file;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void threeRecords() throws Exception {
    file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      for (int i = 0; i < 3; i++) {
        log.record(
            new AuditEvent(
                Instant.EPOCH, "e", "a", "b", null, AuditEvent.Outcome.SUCCESS, Map.of()));
      }
    }
  }

  private int verify(Path log) {
    return Main.execute(
        new PrintWriter(out, true), new PrintWriter(err, true), "audit", "verify", log.toString());
  }

  @Test
  void verify_untouched_zero() {
    assertThat(verify(file)).isZero();
    assertThat(out.toString()).startsWith("whole: records 1 to 3");
  }

  /** An edited record, and a last one that was cut off, are told with their place. Row: AU-5. */
  @Test
  void verify_editedOrCut_oneAndWhere() throws Exception {
    List<String> lines = Files.readAllLines(file);
    Files.writeString(file, String.join("\n", lines).replaceFirst("success", "failure") + "\n");
    assertThat(verify(file)).isEqualTo(Main.FAILED);
    assertThat(out.toString()).contains("audit.jsonl: line 1, offset 0: ");

    Files.writeString(file, lines.get(0) + "\n" + lines.get(1) + "\n");
    assertThat(verify(file)).isEqualTo(Main.FAILED);
    assertThat(out.toString()).contains("audit.jsonl: line 3, ");
  }

  @Test
  void verify_nothingThere_two() {
    assertThat(verify(folder.resolve("other.jsonl"))).isEqualTo(Main.USAGE);
    assertThat(verify(folder.resolve("no/audit.jsonl"))).isEqualTo(Main.USAGE);
    assertThat(out.toString()).isEmpty();
  }
}
