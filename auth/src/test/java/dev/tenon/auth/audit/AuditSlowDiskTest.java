package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk whose fsync does not return for as long as the test wants. */
class AuditSlowDiskTest {
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch free = new CountDownLatch(1);
  private final FaultyFiles files = new FaultyFiles();

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void slow() {
    file = folder.resolve("audit.jsonl");
    files.fail(
        (step, name) -> {
          if (step.equals("force") && name.equals("audit.jsonl")) {
            hold();
          }
          return null;
        });
  }

  private void hold() {
    busy.countDown();
    try {
      assertThat(free.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What waits is bounded, whatever is asked: further records are refused at once, or when their
   * caller's patience is over; what was taken is written, in its order. Row: AU-2. Attack: A11, O6.
   */
  @Test
  void commit_moreThanMayWait_restRefusedAndOrderKept() throws Exception {
    List<CompletableFuture<Void>> taken = new ArrayList<>();
    try (JsonLinesAuditLog log = open(Duration.ofMillis(200))) {
      taken.add(log.commit(Events.named("w", 0)));
      assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
      for (int n = 1; n <= GroupCommit.MAX_WAITING; n++) {
        taken.add(log.commit(Events.named("w", n)));
      }
      for (int n = 0; n < 100; n++) {
        assertThat(log.commit(Events.named("late", n))).isCompletedExceptionally();
      }
      assertThatExceptionOfType(AuditFailedException.class)
          .isThrownBy(() -> log.record(Events.named("late", 100)))
          .withMessage("audit log: too many records wait");
      log.note(Events.denied("/a/B"));
      assertThat(taken).noneMatch(CompletableFuture::isDone);

      free.countDown();

      CompletableFuture.allOf(taken.toArray(CompletableFuture<?>[]::new)).get(60, TimeUnit.SECONDS);
    }

    assertThat(WrittenRecords.in(folder))
        .filteredOn(record -> !record.startsWith("mallory"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(0, GroupCommit.MAX_WAITING).mapToObj(n -> "w " + n).toList());
    assertThat(Refused.count(file)).as("a refusal never waits, and is counted").isEqualTo(1);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  /** A caller is told that its record takes too long, and does what it was about to do not. */
  @Test
  void record_diskSlowerThanPatience_refused() throws Exception {
    try (JsonLinesAuditLog log = open(Duration.ofMillis(50))) {
      assertThatExceptionOfType(AuditFailedException.class)
          .isThrownBy(() -> log.record(Events.named("w", 1)))
          .withMessage("audit log: the disk takes too long");
      free.countDown();
    }
  }

  private JsonLinesAuditLog open(Duration patience) throws Exception {
    return JsonLinesAuditLog.open(file, AuditSettings.DEFAULT.waiting(patience), files);
  }
}
