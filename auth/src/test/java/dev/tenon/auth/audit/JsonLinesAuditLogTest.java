package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
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
                  + "\"details\":{\"reason\":\"no rule\"},\"sequence\":1,"
                  + "\"previous\":\""
                  + "0".repeat(64)
                  + "\",\"chain\":\"32b585c6616eb2799da493b6add6f2d1aef3b079cf4ca946f1f4a0fef618e299\"}\n");
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

    assertThat(Files.readAllLines(file))
        .hasSize(AuditEvent.Outcome.values().length * 2)
        .allSatisfy(JsonLinesAuditLogTest::assertSchema);
  }

  /** Who is not known is null, not a word for it. Row: AU-8. */
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
  void record_newFiles_onlyTheirOwnerReadsThem() throws Exception {
    Path file = folder.resolve("audit.jsonl");

    Events.write(file, AuditSettings.DEFAULT, 1, 1);

    for (String name : List.of("audit.jsonl", "audit.head", "audit.lock")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void open_fileForEverybody_madeItsOwners() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    Events.write(file, AuditSettings.DEFAULT, 1, 1);
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

  /** What is no chain of ours is not written on. */
  @Test
  void open_fileOfSomethingElse_refusedAndUntouched() throws Exception {
    Path file = Files.writeString(folder.resolve("audit.jsonl"), "{\"timestamp\":\"20");

    assertThatExceptionOfType(AuditBrokenException.class)
        .isThrownBy(() -> JsonLinesAuditLog.open(file))
        .withMessageContaining("audit.head")
        .withMessageContaining("missing");
    assertThat(file).hasContent("{\"timestamp\":\"20");
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

  @Test
  @EnabledOnOs(OS.LINUX)
  void open_device_refused() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> JsonLinesAuditLog.open(Path.of("/dev/full")))
        .withMessageContaining("expected: a regular file");
  }

  /** Two hosts never write one log. Attack: A14. */
  @Test
  void open_logInUse_refused() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> JsonLinesAuditLog.open(file))
          .withMessageContaining("another host writes it");
      log.record(DENIED);
    }

    JsonLinesAuditLog.open(file).close();
  }

  /** How long it took and on whose behalf it was done stand in the record. Row: AU-1. */
  @Test
  void record_durationAndIdentity_inTheLine() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      log.record(DENIED.lasting(Duration.ofMillis(12)).onBehalfOf("ada@example.org"));
    }

    JsonObject record = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    assertThat(record.get("duration_ms").getAsLong()).isEqualTo(12);
    assertThat(record.get("obo_identity").getAsString()).isEqualTo("ada@example.org");
    assertSchema(Files.readString(file).strip());
  }

  /** Done, refused, and done in part: three records, each with its outcome. Row: AU-4. */
  @Test
  void record_allowedDeniedFiltered_threeOutcomes() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      for (AuditEvent.Outcome outcome :
          List.of(
              AuditEvent.Outcome.SUCCESS, AuditEvent.Outcome.DENIED, AuditEvent.Outcome.FILTERED)) {
        log.record(new AuditEvent(Instant.EPOCH, "e", "a", "list", null, outcome, Map.of()));
      }
    }

    assertThat(Files.readAllLines(file))
        .extracting(
            line -> JsonParser.parseString(line).getAsJsonObject().get("outcome").getAsString())
        .containsExactly("success", "denied", "filtered");
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
    assertThat(file).doesNotExist();
  }

  /** An interrupt, before or while, neither loses a record nor closes the log. Attack: A17. */
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
                  for (int i = 0; i < 50; i++) {
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

    assertThat(Files.readAllLines(file)).hasSize(52);
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
                  for (int n = 0; n < 20; n++) {
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
        .hasSize(320)
        .allSatisfy(JsonLinesAuditLogTest::assertSchema);
  }

  /** Order in the file is the order of commits, without a gap, for many writers. Attack: A10. */
  @Test
  void record_64Writers_sequenceWithoutGapAndEachInItsOrder() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    ExecutorService writers = Executors.newFixedThreadPool(64);
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file)) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        String writer = "w" + i;
        done.add(
            writers.submit(
                () -> {
                  for (int n = 0; n < 10; n++) {
                    log.record(Events.named(writer, n));
                  }
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      writers.shutdownNow();
    }

    Map<String, Integer> next = new HashMap<>();
    long sequence = 0;
    for (String line : Files.readAllLines(file)) {
      JsonObject record = JsonParser.parseString(line).getAsJsonObject();
      sequence++;
      assertThat(record.get("sequence").getAsLong()).isEqualTo(sequence);
      int n = Integer.parseInt(record.get("resource").getAsString());
      assertThat(n).isEqualTo(next.merge(record.get("actor").getAsString(), 1, Integer::sum) - 1);
    }
    assertThat(sequence).isEqualTo(640);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  static void assertSchema(String line) {
    JsonObject record = JsonParser.parseString(line).getAsJsonObject();
    assertThat(record.keySet())
        .startsWith("timestamp", "event", "actor", "action", "resource", "outcome", "details")
        .endsWith("chain")
        .contains("sequence")
        .isSubsetOf(
            "timestamp",
            "event",
            "actor",
            "action",
            "resource",
            "outcome",
            "details",
            "duration_ms",
            "obo_identity",
            "sequence",
            "previous",
            "chain");
    assertThat(Instant.parse(record.get("timestamp").getAsString())).isNotNull();
    assertThat(record.get("timestamp").getAsString())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z");
    assertThat(record.get("outcome").getAsString())
        .isIn(Set.of("success", "denied", "error", "filtered"));
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
}
