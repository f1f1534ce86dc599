package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many refusals: few records, and no refusal that is not counted. */
class RefusalStormTest {
  @TempDir Path folder;

  /** A storm is a few records and one with the exact count of the rest. Attack: A15. */
  @Test
  void note_stormOfManyThreads_fewRecordsAndExactCount() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    int threads = 8;
    int each = 10_000;
    try (JsonLinesAuditLog log =
        JsonLinesAuditLog.open(file, AuditSettings.DEFAULT.counting(Duration.ofHours(1)))) {
      CountDownLatch start = new CountDownLatch(1);
      List<Thread> peers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        peers.add(new Thread(() -> storm(log, start, each)));
      }
      peers.forEach(Thread::start);
      start.countDown();
      for (Thread peer : peers) {
        peer.join();
      }
    }

    assertThat(Refused.count(file)).isEqualTo((long) threads * each);
    assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(RefusalCounts.SINGLES + 1);
    assertThat(Events.lines(file, "\"count\":")).hasSize(1);
    assertThat(AuditVerification.verify(file)).isInstanceOf(AuditVerification.Whole.class);
  }

  private static void storm(AuditLog log, CountDownLatch start, int each) {
    try {
      start.await();
      for (int n = 0; n < each; n++) {
        log.note(Events.denied("/acme.v1.A/B"));
      }
    } catch (InterruptedException | AuditFailedException e) {
      throw new AssertionError(e);
    }
  }

  /** Counts are written at the end of the interval, not at the end of the log alone. */
  @Test
  void note_intervalOver_countWritten() throws Exception {
    Path file = folder.resolve("audit.jsonl");
    try (JsonLinesAuditLog log =
        JsonLinesAuditLog.open(file, AuditSettings.DEFAULT.counting(Duration.ofMillis(50)))) {
      for (int n = 0; n < 100; n++) {
        log.note(Events.denied("/acme.v1.A/B"));
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while ((!Files.exists(file) || Refused.count(file) < 100) && System.nanoTime() < end) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
      assertThat(Refused.count(file)).isEqualTo(100);
    }
  }

  /** Too many kinds are counted together, and none is lost. Attack: A15. */
  @Test
  void count_moreKindsThanAreToldApart_boundedAndExact() {
    RefusalCounts counts = new RefusalCounts(1);
    int kinds = RefusalCounts.MAX_KINDS * 3;
    for (int i = 0; i < kinds; i++) {
      counts.count(Events.denied("/acme.v1.A/M" + i), 0);
    }

    List<RefusalCounts.Counted> taken = counts.take();

    assertThat(taken).hasSize(RefusalCounts.MAX_KINDS + 1);
    assertThat(taken.stream().mapToLong(RefusalCounts.Counted::count).sum()).isEqualTo(kinds);
    assertThat(counts.take()).isEmpty();
  }
}
