package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What else is told of events. */
class AuditSinkTest {
  @TempDir Path folder;

  /** A sink gets what the file gets; one that throws costs neither a record. Row: AU-12. */
  @Test
  void record_throwingSinkAndAnother_fileAndOtherHaveAll() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    List<AuditEvent> seen = new CopyOnWriteArrayList<>();
    AuditSettings settings =
        AuditSettings.DEFAULT
            .with(
                event -> {
                  throw new IllegalStateException("test");
                })
            .with(seen::add);

    Events.write(file, settings, 1, 5);

    assertThat(Files.readAllLines(file)).hasSize(5);
    assertThat(seen).extracting(AuditEvent::resource).containsExactly("1", "2", "3", "4", "5");
  }
}
