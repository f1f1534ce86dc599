package dev.tenon.auth.audit;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Tells sinks of what was committed. Thread-safe; never waits for a sink. */
final class SinkFeed implements AutoCloseable {
  /** How many batches may wait; each has one event or more. */
  static final int MAX_WAITING = 4096;

  private static final System.Logger LOG = System.getLogger(SinkFeed.class.getName());

  private final List<AuditSink> sinks;
  private final AtomicLong missed = new AtomicLong();
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_WAITING),
          task -> {
            Thread worker = new Thread(task, "tenon-audit-sinks");
            worker.setDaemon(true);
            return worker;
          });

  SinkFeed(List<AuditSink> sinks) {
    this.sinks = List.copyOf(sinks);
    thread.allowCoreThreadTimeOut(true);
  }

  void tell(List<AuditEvent> events) {
    if (sinks.isEmpty()) {
      return;
    }
    try {
      thread.execute(() -> events.forEach(this::tell));
    } catch (RejectedExecutionException e) {
      if (missed.getAndAdd(events.size()) == 0) {
        LOG.log(Level.WARNING, "Audit sinks are too slow and miss events; the file has them");
      }
    }
  }

  private void tell(AuditEvent event) {
    for (AuditSink sink : sinks) {
      try {
        sink.accept(event);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        LOG.log(Level.WARNING, "An audit sink failed; the file has the event", e);
      }
    }
  }

  /** Gives sinks a little time for what waits. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
        thread.shutdownNow();
        LOG.log(Level.WARNING, "Audit sinks did not end; what waited for them is in the file");
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
    if (missed.get() > 0) {
      LOG.log(Level.WARNING, "Audit sinks missed {0} events; the file has them", missed);
    }
  }
}
