package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start on a log that is very long. */
class AuditRecoveryTest {
  /** 10,000,000 and 100,000 in the measured run, see docs/evidence/audit.md. */
  private static final int RECORDS = Integer.getInteger("tenon.audit.records", 20_000);

  private static final int SEGMENTS = Integer.getInteger("tenon.audit.segments", 2_000);

  @TempDir Path folder;

  /** A start reads the last segment alone, torn or not, and names. Attack: A19. */
  @Test
  void open_longLogWithTornEnd_lastSegmentReadAlone() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    // As in use: no segment is larger than 16 MiB. In each build the log is short, so they are.
    AuditSettings settings =
        AuditSettings.DEFAULT.segments(RECORDS < 1_000_000 ? 1 << 18 : 1 << 24);
    fill(file, settings);
    // Each start compresses what the one before left.
    for (int i = 0; !new LogPaths(file).uncompressed().isEmpty(); i++) {
      assertThat(i).isLessThan(100);
      JsonLinesAuditLog.open(file, settings).close();
    }
    Files.writeString(file, "{\"timestamp\":\"19", StandardOpenOption.APPEND);
    List<Path> sealed = sealed();
    assertThat(sealed).hasSizeGreaterThan(5);
    for (Path early : sealed.subList(0, sealed.size() - 1)) {
      damage(early);
    }
    List<Path> more = more(file);

    long begun = System.nanoTime();
    JsonLinesAuditLog.open(file, settings).close();
    long opened = System.nanoTime() - begun;

    for (Path one : more) {
      Files.delete(one);
    }
    assertThat(AuditVerification.verify(file))
        .as("what a start does not read the check does")
        .isInstanceOf(AuditVerification.Broken.class);
    for (Path early : sealed.subList(0, sealed.size() - 1)) {
      damage(early);
    }
    begun = System.nanoTime();
    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.first()).isEqualTo(1);
              assertThat(whole.last()).isEqualTo(RECORDS);
            });
    long verified = System.nanoTime() - begun;
    System.out.printf(
        "%,d records in %,d segments, and %,d more: opened in %,d ms, verified in %,d ms%n",
        RECORDS, sealed.size() + 1, more.size(), opened / 1_000_000, verified / 1_000_000);
  }

  /** Makes what a start has no reason to read: files with names of segments before the last. */
  private static List<Path> more(Path file) throws IOException {
    List<Path> more = new ArrayList<>();
    for (int n = 2; n < 2 + SEGMENTS; n++) {
      Path segment = LogPaths.compressed(new LogPaths(file).sealed(n));
      if (!Files.exists(segment)) {
        more.add(Files.writeString(segment, "?"));
      }
    }
    return more;
  }

  /** Many records wait at a time, so that a fsync is for many. */
  private static void fill(Path file, AuditSettings settings) throws Exception {
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, settings)) {
      List<CompletableFuture<Void>> waiting = new ArrayList<>();
      for (int n = 1; n <= RECORDS; n++) {
        waiting.add(log.commit(Events.named("w", n)));
        if (waiting.size() == GroupCommit.MAX_WAITING / 2) {
          await(waiting);
        }
      }
      await(waiting);
    }
  }

  private static void await(List<CompletableFuture<Void>> waiting) throws Exception {
    CompletableFuture.allOf(waiting.toArray(CompletableFuture<?>[]::new)).get(60, TimeUnit.SECONDS);
    waiting.clear();
  }

  private List<Path> sealed() throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .filter(path -> path.getFileName().toString().startsWith("audit-"))
          .sorted()
          .toList();
    }
  }

  /** Turns a bit round, and the second time back. */
  private static void damage(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 1;
    Files.write(segment, bytes);
  }
}
