package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
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

  /** A sink that takes its time holds up nobody; what it has no room for it misses, and is told. */
  @Test
  void tell_slowSink_missesWhatDoesNotFitAndIsToldOnce() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch began = new CountDownLatch(1);
    AtomicInteger seen = new AtomicInteger();
    try (LoggedBy log = new LoggedBy(SinkFeed.class)) {
      SinkFeed feed =
          new SinkFeed(
              List.of(
                  event -> {
                    began.countDown();
                    awaitQuietly(goOn);
                    seen.incrementAndGet();
                  }));
      List<AuditEvent> one = List.of(Events.named("w", 1));
      feed.tell(one);
      began.await();
      for (int i = 0; i < SinkFeed.MAX_WAITING + 3; i++) {
        feed.tell(one);
      }
      assertThat(log.lines)
          .containsExactly("Audit sinks are too slow and miss events; the file has them");
      goOn.countDown();

      feed.close();

      assertThat(seen).hasValue(SinkFeed.MAX_WAITING + 1);
      assertThat(log.lines).hasSize(2).last().asString().contains("missed 3 events");
      feed.tell(one);
      assertThat(seen).as("after its end").hasValue(SinkFeed.MAX_WAITING + 1);
    }
  }

  /** Whoever is interrupted while it waits for sinks waits no more, and stays interrupted. */
  @Test
  void close_interrupted_endsAndInterruptsTheSink() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    SinkFeed feed =
        new SinkFeed(
            List.of(
                event -> {
                  began.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                  }
                }));
    feed.tell(List.of(Events.named("w", 1)));
    began.await();

    Thread.currentThread().interrupt();
    feed.close();

    assertThat(Thread.interrupted()).isTrue();
    interrupted.await();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Collects what a class logs. */
  private static final class LoggedBy extends Handler implements AutoCloseable {
    private final Logger logger;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    LoggedBy(Class<?> type) {
      logger = Logger.getLogger(type.getName());
      logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
      lines.add(new SimpleFormatter().formatMessage(line));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      logger.removeHandler(this);
    }
  }
}
