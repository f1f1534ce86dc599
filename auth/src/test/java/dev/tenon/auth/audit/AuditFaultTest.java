package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.core.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks that fail, files that others touch, and what a crash leaves. */
class AuditFaultTest {
  @TempDir Path folder;
  private final FaultyFiles files = new FaultyFiles();
  private Path file;

  @BeforeEach
  void paths() {
    file = folder.resolve("audit.jsonl");
  }

  private JsonLinesAuditLog open() throws IOException {
    return JsonLinesAuditLog.open(file, AuditSettings.DEFAULT, files);
  }

  /**
   * A segment whose force failed is never forced again: the record goes to a new one, which says
   * so. Attack: A2. Row: AU-2.
   */
  @ParameterizedTest
  @ValueSource(strings = {"force", "write"})
  void record_inputOutputErrorOnce_writtenToANewSegment(String step) throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      files.asked.clear();
      files.failOnce(step, new IOException("Input/output error"));

      log.record(Events.named("w", 2));

      assertThat(files.asked.stream().takeWhile(asked -> !asked.startsWith("create")))
          .filteredOn(asked -> asked.equals(step + " audit.jsonl"))
          .hasSize(1);
      log.record(Events.named("w", 3));
    }

    assertThat(Files.readAllLines(file)).hasSize(3);
    assertThat(Files.readAllLines(file).get(0))
        .contains(
            "\"action\":\"continue\"",
            "\"resource\":\"audit-00000000000000000001.jsonl\"",
            "\"reason\":\"Input/output error\"",
            "\"sequence\":2");
    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class, whole -> assertThat(whole.last()).isEqualTo(4));
  }

  /** What the failed segment still holds does not confuse the check, nor the next start. */
  @Test
  void record_failedSegmentCannotBeCutBack_stillWhole() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      Set<String> once = new HashSet<>(Set.of("force", "truncate"));
      files.fail(
          (step, name) ->
              name.equals("audit.jsonl") && once.remove(step) ? new IOException("EIO") : null);
      log.record(Events.named("w", 2));
    }

    assertThat(Files.readAllLines(folder.resolve("audit-00000000000000000001.jsonl")))
        .as("an unacknowledged record stayed")
        .hasSize(2);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
    Events.write(file, AuditSettings.DEFAULT, 3, 3);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /**
   * A full disk refuses each record, and the log goes on when there is space. Row: AU-3. Attack:
   * A1.
   */
  @Test
  void record_diskFullThenNot_refusedThenWritten() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      files.fail(
          (step, name) ->
              step.equals("write") && name.equals("audit.jsonl")
                  ? new IOException("No space left on device")
                  : null);
      for (int i = 0; i < 3; i++) {
        assertThatExceptionOfType(AuditFailedException.class)
            .isThrownBy(() -> log.record(Events.named("w", 2)))
            .withCauseInstanceOf(IOException.class)
            .satisfies(
                failed -> {
                  assertThat(failed.refusal()).isEqualTo(Refusal.INTERNAL);
                  assertThat(failed.publicText()).isEqualTo("internal error");
                });
      }
      assertThatExceptionOfType(AuditFailedException.class)
          .as("a refusal is told as well, and counted")
          .isThrownBy(() -> log.note(Events.denied("/a/B")));
      files.fail((step, name) -> null);

      log.record(Events.named("w", 3));
      log.note(Events.denied("/a/B"));
    }

    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
    String all = Files.readString(file);
    assertThat(all).contains("\"resource\":\"3\"").doesNotContain("\"resource\":\"2\"");
    assertThat(Refused.count(file)).as("both refusals").isEqualTo(2);
  }

  /** An error that is no IOException costs no record either. Attack: A17. */
  @Test
  void record_outOfMemoryOnce_written() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      files.failOnce("force", new OutOfMemoryError("test"));
      log.record(Events.named("w", 2));
    }

    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /** Nobody is told of a record before it, and the name of its file, are on disk. Row: AU-2. */
  @Test
  void record_newSegment_fileThenFolderForcedBeforeTheHead() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      files.asked.clear();
      log.record(Events.named("w", 1));
      assertThat(files.asked)
          .containsExactly(
              "create audit.jsonl",
              "write audit.jsonl",
              "force audit.jsonl",
              "sync " + folder.getFileName(),
              "write audit.head");
    }
  }

  /** What a crash left of an unacknowledged record is cut off, at whatever byte. Attack: A6. */
  @Test
  void open_tornTailAtEveryByte_cutOffAndRecorded() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    byte[] head = Files.readAllBytes(folder.resolve("audit.head"));
    byte[] two = Files.readAllBytes(file);
    Events.write(file, AuditSettings.DEFAULT, 3, 3);
    byte[] three = Files.readAllBytes(file);

    for (int bytes = two.length + 1; bytes < three.length; bytes += 5) {
      assertRepaired(Arrays.copyOf(three, bytes), two.length, head);
    }
    assertRepaired(Arrays.copyOf(two, two.length + 4096), two.length, head);
    byte[] garbage = Arrays.copyOf(two, two.length + 700);
    Arrays.fill(garbage, two.length, garbage.length, (byte) 0xa5);
    assertRepaired(garbage, two.length, head);
    byte[] repeated = Arrays.copyOf(two, two.length * 2);
    System.arraycopy(two, 0, repeated, two.length, two.length);
    assertRepaired(repeated, two.length, head);
  }

  private void assertRepaired(byte[] left, int whole, byte[] head) throws Exception {
    Files.write(file, left);
    Files.write(folder.resolve("audit.head"), head);
    assertThat(AuditVerification.verify(file))
        .isEqualTo(new AuditVerification.TornTail(file, 3, whole));

    Events.write(file, AuditSettings.DEFAULT, 3, 3);

    List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
    assertThat(lines).hasSize(4);
    assertThat(lines.get(2))
        .contains(
            "\"action\":\"repair\"",
            "\"offset\":\"" + whole + "\"",
            "\"bytes\":\"" + (left.length - whole) + "\"");
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /** A whole record that nobody was told of stays. */
  @Test
  void open_wholeRecordsBeyondTheHead_kept() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    byte[] head = Files.readAllBytes(folder.resolve("audit.head"));
    Events.write(file, AuditSettings.DEFAULT, 3, 5);
    Files.write(folder.resolve("audit.head"), head);

    Events.write(file, AuditSettings.DEFAULT, 6, 6);

    assertThat(Files.readAllLines(file)).hasSize(6);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /** Beyond a head that a loss of power left behind, a changed record in the middle still shows. */
  @Test
  void open_changedRecordBeyondTheHead_refused() throws Exception {
    Events.write(file, AuditSettings.DEFAULT, 1, 2);
    byte[] head = Files.readAllBytes(folder.resolve("audit.head"));
    Events.write(file, AuditSettings.DEFAULT, 3, 6);
    Files.write(folder.resolve("audit.head"), head);
    Files.writeString(
        file, Files.readString(file).replace("\"resource\":\"4\"", "\"resource\":\"9\""));

    assertThatExceptionOfType(AuditBrokenException.class)
        .isThrownBy(() -> JsonLinesAuditLog.open(file))
        .satisfies(broken -> assertThat(broken.where().line()).isEqualTo(4));
  }

  /**
   * Log rotation moves or removes the file: the log goes on in a new one. Attack: A12. Row: AU-6.
   */
  @ParameterizedTest
  @ValueSource(strings = {"moved", "moved and made", "removed"})
  void record_fileTakenAway_goesOnInANewSegment(String how) throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      if (how.equals("removed")) {
        Files.delete(file);
      } else {
        Files.move(file, folder.resolve("audit.jsonl.1"));
      }
      if (how.equals("moved and made")) {
        Files.createFile(file);
      }
      log.record(Events.named("w", 2));
      assertThat(Events.lines(file, "\"resource\":\"2\"")).hasSize(1);
    }

    AuditVerification found = AuditVerification.verify(file);
    assertThat(found)
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> assertThat(whole.first()).isEqualTo(how.equals("removed") ? 2 : 1));
    Events.write(file, AuditSettings.DEFAULT, 3, 3);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /** A file that moved away while it was written does not count: its record is written again. */
  @Test
  void record_fileMovedWhileWritten_recordIsInTheNewSegment() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      files.fail(
          (step, name) -> {
            if (step.equals("force") && name.equals("audit.jsonl")) {
              files.fail((later, other) -> null);
              moveAway();
            }
            return null;
          });
      log.record(Events.named("w", 2));
    }

    assertThat(Events.lines(file, "\"resource\":\"2\"")).hasSize(1);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  private void moveAway() {
    try {
      Files.move(file, folder.resolve("audit.jsonl.1"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What somebody else wrote into a segment stays there for the check to name. Row: AU-5. */
  @Test
  void record_fileWrittenByAnother_goesOnInANewSegmentThatSaysSo() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      Files.writeString(file, "forged\n", StandardOpenOption.APPEND);
      log.record(Events.named("w", 2));
    }

    assertThat(Files.readAllLines(file).get(0)).contains("changed by somebody else");
    assertThat(folder.resolve("audit-00000000000000000001.jsonl")).content().endsWith("forged\n");
  }

  /** What somebody else put in the segment's place is not written over. */
  @Test
  void record_foreignFileInItsPlace_refusedAndUntouched() throws Exception {
    try (JsonLinesAuditLog log = open()) {
      log.record(Events.named("w", 1));
      Files.delete(file);
      Files.writeString(file, "mine");

      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(AuditFailedException.class)
            .isThrownBy(() -> log.record(Events.named("w", 2)));
      }

      assertThat(file).hasContent("mine");
      Files.delete(file);
      log.record(Events.named("w", 2));
    }
  }

  /** Segments are sealed and compressed under load, and the chain goes through all. Row: AU-6. */
  @Test
  void record_manyWritersAndSmallSegments_everyRecordInOneChain() throws Exception {
    AuditSettings small = AuditSettings.DEFAULT.segments(4096);
    List<Thread> writers;
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, small)) {
      writers =
          Stream.of("a", "b", "c", "d")
              .map(
                  name ->
                      new Thread(
                          () -> {
                            for (int n = 0; n < 50; n++) {
                              recordOrFail(log, Events.named(name, n));
                            }
                          }))
              .toList();
      writers.forEach(Thread::start);
      for (Thread writer : writers) {
        writer.join();
      }
    }
    Events.write(file, small, 50, 60);

    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class,
            whole -> {
              assertThat(whole.last()).isEqualTo(211);
              assertThat(whole.first()).isEqualTo(1);
              assertThat(whole.segments()).isGreaterThan(3);
            });
    assertThat(folder.resolve("audit-00000000000000000001.jsonl.gz")).exists();
    assertThat(folder.resolve("audit-00000000000000000001.jsonl")).doesNotExist();
  }

  private static void recordOrFail(AuditLog log, AuditEvent event) {
    try {
      log.record(event);
    } catch (AuditFailedException e) {
      throw new AssertionError(e);
    }
  }

  /** Where a segment cannot be renamed, as under {@code chattr +a}, it is written on. Row: AU-5. */
  @Test
  void record_fullSegmentCannotBeMoved_writtenOn() throws Exception {
    files.fail(
        (step, name) ->
            step.equals("move") && name.equals("audit.jsonl")
                ? new IOException("Operation not permitted")
                : null);
    try (JsonLinesAuditLog log =
        JsonLinesAuditLog.open(file, AuditSettings.DEFAULT.segments(1024), files)) {
      for (int n = 0; n < 12; n++) {
        log.record(Events.named("w", n));
      }
    }

    assertThat(Files.readAllLines(file)).hasSize(12);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }
}
