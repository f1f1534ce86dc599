package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end of a log, and refusals that come while it cannot be written: none goes uncounted. */
class AuditLogEndTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final FaultyFiles files = new FaultyFiles();
  private Path file;

  @BeforeEach
  void paths() {
    file = folder.resolve("audit.jsonl");
  }

  private JsonLinesAuditLog open(AuditSettings settings) throws IOException {
    return JsonLinesAuditLog.open(file, settings, files);
  }

  private void failWrites() {
    files.fail(
        (step, name) ->
            step.equals("write") && name.equals("audit.jsonl") ? new IOException("full") : null);
  }

  private long writes() {
    return files.asked.stream().filter("write audit.jsonl"::equals).count();
  }

  @Test
  void commitAndNote_afterClose_fail() throws Exception {
    JsonLinesAuditLog log = open(AuditSettings.DEFAULT);
    log.close();
    log.close();

    assertThat(log.commit(Events.named("w", 1)))
        .failsWithin(SOON)
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("audit log: closed");
    assertThatExceptionOfType(AuditFailedException.class)
        .isThrownBy(() -> log.note(Events.denied("/a/B")))
        .withMessage("audit log: closed");
  }

  /** What was handed in before the end is written, and told, before the end returns. */
  @Test
  void close_recordsWaiting_writtenAndTold() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    List<AuditEvent> told = new CopyOnWriteArrayList<>();
    files.fail(
        (step, name) -> {
          if (step.equals("force") && name.equals("audit.jsonl")) {
            busy.countDown();
            hold(free);
          }
          return null;
        });
    JsonLinesAuditLog log = open(AuditSettings.DEFAULT.with(told::add));
    for (int n = 1; n <= 50; n++) {
      var unused = log.commit(Events.named("w", n));
    }
    assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
    log.note(Events.denied("/a/B"));
    Thread closing = new Thread(log::close);
    closing.start();
    free.countDown();
    closing.join();

    assertThat(told).hasSize(51);
    assertThat(AuditVerification.verify(file))
        .isInstanceOfSatisfying(
            AuditVerification.Whole.class, whole -> assertThat(whole.last()).isEqualTo(51));
  }

  private static void hold(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** No thread of a log outlives it, and none keeps the process alive. */
  @Test
  void close_threads_allEnd() throws Exception {
    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT.segments(1024).with(event -> {}))) {
      for (int n = 1; n <= 20; n++) {
        log.commit(Events.named("w", n)).get(60, TimeUnit.SECONDS);
      }
      assertThat(threads()).isNotEmpty().allMatch(Thread::isDaemon);
    }
    await().atMost(SOON).until(() -> threads().isEmpty());
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("tenon-audit"))
        .filter(Thread::isAlive)
        .toList();
  }

  /** A refusal that could not be written by itself is counted, and the count written. */
  @Test
  void note_cannotBeWritten_countedAndWrittenLater() throws Exception {
    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT.counting(Duration.ofHours(1)))) {
      failWrites();
      note(log);
      await().atMost(SOON).until(() -> writes() >= 2);
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThatExceptionOfType(AuditFailedException.class)
                      .as("and the next one is told so")
                      .isThrownBy(() -> log.record(Events.named("w", 1))));
      files.fail((step, name) -> null);
      log.record(Events.named("w", 2));
    }

    assertThat(Refused.count(file)).isOne();
  }

  private static void note(AuditLog log) {
    try {
      log.note(Events.denied("/a/B"));
    } catch (AuditFailedException e) {
      // It says so from the first failed write on, and counts all the same.
    }
  }

  /** So is a count that could not be written when it was due. */
  @Test
  void count_cannotBeWritten_writtenLater() throws Exception {
    int refusals = RefusalCounts.SINGLES + 10;
    try (JsonLinesAuditLog log = open(AuditSettings.DEFAULT.counting(Duration.ofMillis(300)))) {
      log.record(Events.named("w", 1));
      failWrites();
      int noted = 0;
      while (noted < refusals) {
        note(log);
        noted++;
      }
      long before = writes();
      await().atMost(SOON).until(() -> writes() >= before + 4);
      files.fail((step, name) -> null);
    }

    assertThat(Refused.count(file)).isEqualTo(refusals);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }
}
