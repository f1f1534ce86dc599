package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashLogTest {
  private static final String CANARY = "canary-of-a-message";

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("crash.jsonl");
  }

  private CrashLog log() {
    return new CrashLog(file(), InstantSource.fixed(Instant.parse("2026-11-29T01:02:03Z")));
  }

  private List<JsonObject> records() throws IOException {
    return Files.readString(file())
        .lines()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .toList();
  }

  private static void fail() {
    throw new IllegalStateException(CANARY, new IOException(CANARY));
  }

  /**
   * A failure in each kind of the host's threads leaves a record with its types and where it came
   * from, and no message.
   *
   * <p>Row: SL-9
   */
  @Test
  void threads_taskThatFails_isOnRecordWithoutItsMessage() throws Exception {
    try (HostThreads threads = new HostThreads(log())) {
      threads.control().execute(CrashLogTest::fail);
      threads.lines().execute(CrashLogTest::fail);
      var unused = threads.timer().schedule(CrashLogTest::fail, 0, TimeUnit.SECONDS);
      var unusedToo =
          threads.timer().scheduleWithFixedDelay(CrashLogTest::fail, 0, 1, TimeUnit.DAYS);
      threads.enrol().execute(CrashLogTest::fail);
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(file()) && Files.readString(file()).lines().count() == 5);
    }

    assertThat(records())
        .extracting(record -> record.get("thread").getAsString().replaceAll("-[0-9]+$", ""))
        .containsExactlyInAnyOrder(
            "tenon-control", "tenon-lines", "tenon-timer", "tenon-timer", "tenon-enrol");
    assertThat(records())
        .allSatisfy(
            record -> {
              assertThat(record.get("timestamp").getAsString()).isEqualTo("2026-11-29T01:02:03Z");
              assertThat(record.get("failures").toString())
                  .contains("java.lang.IllegalStateException", "java.io.IOException")
                  .contains("CrashLogTest.fail");
            });
    assertThat(Files.readString(file())).doesNotContain(CANARY);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  /** A task that ends well, or is cancelled, is no crash. */
  @Test
  void threads_taskThatEndsOrIsCancelled_noRecord() throws Exception {
    try (HostThreads threads = new HostThreads(log())) {
      threads.timer().schedule(() -> {}, 0, TimeUnit.SECONDS).get(60, TimeUnit.SECONDS);
      threads.timer().schedule(CrashLogTest::fail, 1, TimeUnit.DAYS).cancel(true);
    }

    assertThat(file()).doesNotExist();
  }

  /** Failures without end fill no disk. */
  @Test
  void uncaughtException_fileAtItsLimit_isPutAside() throws Exception {
    Files.write(file(), new byte[(int) CrashLog.MAX_BYTES]);
    CrashLog log = log();

    log.uncaughtException(Thread.currentThread(), new IllegalStateException(CANARY));
    log.uncaughtException(Thread.currentThread(), new StackOverflowError());

    assertThat(records()).hasSize(2);
    assertThat(folder.resolve("crash.jsonl.1")).hasSize(CrashLog.MAX_BYTES);
  }

  /** A folder that is gone is told to the log, and fails nobody else. */
  @Test
  void uncaughtException_noFolder_endsQuietly() {
    CrashLog log = new CrashLog(folder.resolve("gone/crash.jsonl"), InstantSource.system());

    log.uncaughtException(Thread.currentThread(), new IllegalStateException(CANARY));

    assertThat(folder.resolve("gone")).doesNotExist();
  }
}
