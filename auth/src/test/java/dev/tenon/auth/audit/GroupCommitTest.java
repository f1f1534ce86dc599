package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that come while the disk is busy. */
class GroupCommitTest {
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch free = new CountDownLatch(1);

  @TempDir Path folder;

  /** They are written together, with one fsync. Row: AU-11. */
  @Test
  void commit_hundredWhileTheDiskIsBusy_shareOneForce() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    FaultyFiles files = new FaultyFiles();
    try (JsonLinesAuditLog log = JsonLinesAuditLog.open(file, AuditSettings.DEFAULT, files)) {
      log.record(Events.named("w", 0));
      files.asked.clear();
      files.fail(
          (step, name) -> {
            if (step.equals("force") && name.equals("audit.jsonl")) {
              hold();
            }
            return null;
          });
      List<CompletableFuture<Void>> commits = new ArrayList<>();
      commits.add(log.commit(Events.named("w", 1)));
      assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
      for (int n = 2; n <= 101; n++) {
        commits.add(log.commit(Events.named("w", n)));
      }
      assertThat(commits).noneMatch(CompletableFuture::isDone);

      free.countDown();

      CompletableFuture.allOf(commits.toArray(CompletableFuture<?>[]::new))
          .get(60, TimeUnit.SECONDS);
      assertThat(files.asked).filteredOn("force audit.jsonl"::equals).hasSize(2);
    }
    assertThat(Files.readAllLines(file)).hasSize(102);
  }

  private void hold() {
    busy.countDown();
    try {
      assertThat(free.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
