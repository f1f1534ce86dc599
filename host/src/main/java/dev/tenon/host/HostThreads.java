package dev.tenon.host;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of a host's control plane: named, daemon, few. */
final class HostThreads implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(HostThreads.class.getName());
  private static final int CONTROL_THREADS = 4;

  private final ScheduledThreadPoolExecutor enrol =
      new ScheduledThreadPoolExecutor(2, named("tenon-enrol"));
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(1, named("tenon-timer"));
  private final ThreadPoolExecutor control =
      new ThreadPoolExecutor(
          CONTROL_THREADS,
          CONTROL_THREADS,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          named("tenon-control"));

  private final ThreadPoolExecutor lines =
      new ThreadPoolExecutor(
          1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("tenon-lines"));

  HostThreads() {
    enrol.setRemoveOnCancelPolicy(true);
    timer.setRemoveOnCancelPolicy(true);
    control.allowCoreThreadTimeOut(true);
    lines.allowCoreThreadTimeOut(true);
  }

  private static ThreadFactory named(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Returns what runs enrolment calls and ends slow ones; apart from control, so that neither
   * starves.
   */
  ScheduledThreadPoolExecutor enrol() {
    return enrol;
  }

  /** Returns what ends waits. */
  ScheduledThreadPoolExecutor timer() {
    return timer;
  }

  /** Returns what runs control calls. */
  ExecutorService control() {
    return control;
  }

  /** Returns what writes further lines to plugins, which may not read them at once. */
  ExecutorService lines() {
    return lines;
  }

  @Override
  public void close() {
    List<ExecutorService> executors = List.of(enrol, timer, control, lines);
    executors.forEach(ExecutorService::shutdownNow);
    try {
      for (ExecutorService executor : executors) {
        if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
          LOG.log(Level.WARNING, "threads of the host did not end: {0}", executor);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
