package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tenon.core.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The file of audit records: its form, its mode, and what happens when it cannot be written. */
class JsonLinesAuditLogTest {
  private static final AuditEvent DENIED =
      new AuditEvent(
          Instant.parse("2026-11-23T17:00:00.123456Z"),
          "call",
          "words-0000000000000abc",
          "call",
          "/acme.kv.v1.KeyValue/Get",
          AuditEvent.Outcome.DENIED,
          Map.of("reason", "no rule"));

  @TempDir Path folder;

  /** A record is one line with the fields of the schema. Row: AU-1. */
  @Test
  void record_event_oneJsonLineOfTheSchema() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(DENIED);

      assertThat(Files.readString(file))
          .isEqualTo(
              "{\"timestamp\":\"2026-11-23T17:00:00.123456Z\",\"event\":\"call\","
                  + "\"actor\":\"words-0000000000000abc\",\"action\":\"call\","
                  + "\"resource\":\"/acme.kv.v1.KeyValue/Get\",\"outcome\":\"denied\","
                  + "\"details\":{\"reason\":\"no rule\"}}\n");
    }
  }

  /** Whatever the events, every line fits the schema. Row: AU-1. */
  @Test
  void record_variousEvents_everyLineFitsTheSchema() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      for (AuditEvent.Outcome outcome : AuditEvent.Outcome.values()) {
        log.record(new AuditEvent(Instant.EPOCH, "start", null, "open", null, outcome, Map.of()));
        log.record(
            new AuditEvent(
                Instant.EPOCH, "e", "x".repeat(5000), "a", "", outcome, Map.of("", "v")));
      }
    }

    assertThat(Files.readAllLines(file)).hasSize(6).allSatisfy(JsonLinesAuditLogTest::assertSchema);
  }

  /** Who is not known is null, not a word for it. */
  @Test
  void record_unknownActor_null() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(
          new AuditEvent(
              Instant.EPOCH, "enrol", null, "enrol", null, AuditEvent.Outcome.DENIED, Map.of()));
    }

    assertThat(Files.readString(file)).contains("\"actor\":null", "\"resource\":null");
  }

  @Test
  void open_newFile_onlyItsOwnerReadsIt() throws Exception {
    Path file = folder.resolve("audit.jsonl");

    JsonLinesAuditLog.open(file).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void open_fileForEverybody_madeItsOwners() throws Exception {
    Path file = Files.writeString(folder.resolve("audit.jsonl"), "");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    JsonLinesAuditLog.open(file).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void open_earlierRecords_kept() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    for (int i = 0; i < 3; i++) {
      try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
        log.record(DENIED);
      }
    }

    assertThat(Files.readAllLines(file)).hasSize(3).allSatisfy(JsonLinesAuditLogTest::assertSchema);
  }

  @Test
  void open_fileEndsInHalfLine_nextRecordStartsALine() throws Exception {
    Path file = Files.writeString(folder.resolve("audit.jsonl"), "{\"timestamp\":\"20");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(DENIED);
    }

    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2);
    assertSchema(lines.get(1));
  }

  @Test
  void open_folderMissing_refusedNamingTheFile() {
    Path file = folder.resolve("no/audit.jsonl");

    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> JsonLinesAuditLog.open(file))
        .withMessageContaining(file.toString())
        .withMessageContaining("its folder is missing");
  }

  @Test
  void open_folderInsteadOfFile_refused() {
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> JsonLinesAuditLog.open(folder));
  }

  /** A disk without space refuses the record, every time. Row: AU-3. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void record_diskFull_failsEveryTime() throws Exception {
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(Path.of("/dev/full"))) {
      for (int i = 0; i < 3; i++) {
        assertThatExceptionOfType(AuditFailedException.class)
            .isThrownBy(() -> log.record(DENIED))
            .withCauseInstanceOf(IOException.class)
            .satisfies(
                failed -> {
                  assertThat(failed.refusal()).isEqualTo(Refusal.INTERNAL);
                  assertThat(failed.publicText()).isEqualTo("internal error");
                });
      }
    }
  }

  /** When space returns, the log goes on, and half a record stays alone on its line. Row: AU-3. */
  @Test
  void record_afterAPartialWrite_startsALineOfItsOwn() throws Exception {
    FillingDisk disk = new FillingDisk(100);
    JsonLinesAuditLog log = new JsonLinesAuditLog(disk, /* torn= */ false);

    assertThatExceptionOfType(AuditFailedException.class).isThrownBy(() -> log.record(DENIED));
    disk.space = Integer.MAX_VALUE;
    log.record(DENIED);
    log.record(DENIED);

    List<String> lines = disk.written.toString(StandardCharsets.US_ASCII).lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).hasSize(100);
    assertSchema(lines.get(1));
    assertSchema(lines.get(2));
  }

  /** An error that is no IOException also leaves the log at an unknown place in a line. */
  @Test
  void record_errorWhileWriting_nextRecordStartsALine() throws Exception {
    FillingDisk disk = new FillingDisk(100);
    disk.outOfMemory = true;
    JsonLinesAuditLog log = new JsonLinesAuditLog(disk, /* torn= */ false);

    assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> log.record(DENIED));
    disk.space = Integer.MAX_VALUE;
    log.record(DENIED);

    assertSchema(disk.written.toString(StandardCharsets.US_ASCII).lines().toList().get(1));
  }

  @Test
  void record_afterClose_fails() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    JsonLinesAuditLog log = JsonLinesAuditLog.open(file);
    log.close();
    log.close();

    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> log.record(DENIED))
        .withMessage("audit log: closed");
    assertThat(file).isEmptyFile();
  }

  /** An interrupt, before or while, neither loses a record nor closes the log. */
  @Test
  void record_interruptedThreads_everyRecordWritten() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      Thread.currentThread().interrupt();
      log.record(DENIED);
      assertThat(Thread.interrupted()).as("the interrupt is the caller's to see").isTrue();

      Thread writer =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 2000; i++) {
                    log.record(DENIED);
                  }
                } catch (AuditFailedException e) {
                  throw new AssertionError(e);
                }
              });
      writer.start();
      while (writer.isAlive()) {
        writer.interrupt();
        Thread.onSpinWait();
      }
      log.record(DENIED);
    }

    assertThat(Files.readAllLines(file)).hasSize(2002);
  }

  @Test
  void record_manyThreads_linesStayWhole() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    ExecutorService writers = Executors.newFixedThreadPool(16);
    CountDownLatch start = new CountDownLatch(1);
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        done.add(
            writers.submit(
                () -> {
                  start.await();
                  for (int n = 0; n < 50; n++) {
                    log.record(DENIED);
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      writers.shutdownNow();
    }

    assertThat(Files.readAllLines(file))
        .hasSize(800)
        .allSatisfy(JsonLinesAuditLogTest::assertSchema);
  }

  static void assertSchema(String line) {
    JsonObject record = JsonParser.parseString(line).getAsJsonObject();
    assertThat(record.keySet())
        .containsExactly("timestamp", "event", "actor", "action", "resource", "outcome", "details");
    assertThat(Instant.parse(record.get("timestamp").getAsString())).isNotNull();
    assertThat(record.get("timestamp").getAsString())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z");
    assertThat(record.get("outcome").getAsString()).isIn(Set.of("success", "denied", "error"));
    for (String text : List.of("event", "action")) {
      assertThat(record.get(text).getAsString()).isNotEmpty().hasSizeLessThanOrEqualTo(1024);
    }
    for (String text : List.of("actor", "resource")) {
      JsonElement value = record.get(text);
      assertThat(value.isJsonNull() || value.getAsString().length() <= 1024).isTrue();
    }
    JsonObject details = record.getAsJsonObject("details");
    assertThat(details.size()).isLessThanOrEqualTo(32);
    assertThat(details.asMap().values())
        .allSatisfy(value -> assertThat(value.getAsString()).hasSizeLessThanOrEqualTo(1024));
  }

  /** A disk that takes some bytes and then fails. */
  private static final class FillingDisk extends OutputStream {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private int space;
    private boolean outOfMemory;

    FillingDisk(int space) {
      this.space = space;
    }

    @Override
    public void write(int b) throws IOException {
      if (space == 0) {
        if (outOfMemory) {
          throw new OutOfMemoryError("test");
        }
        throw new IOException("No space left on device");
      }
      space--;
      written.write(b);
    }
  }
}
