package dev.tenon.host;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The threads of a host's control plane: named, daemon, few. */
final class HostThreads implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(HostThreads.class.getName());
  private static final int CONTROL_THREADS = 4;
  private static final int SUPERVISION_THREADS = 2;
  private static final int REGISTERING_THREADS = 2;

  private final ScheduledThreadPoolExecutor enrol;
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor lines;
  private final ThreadPoolExecutor supervision;
  private final ThreadPoolExecutor registering;
  private final ScheduledThreadPoolExecutor policy;

  /** Makes the threads; what fails in them unseen goes to {@code crashes}. */
  HostThreads(CrashLog crashes) {
    enrol = new Watched(2, named("tenon-enrol", crashes), crashes);
    timer = new Watched(1, named("tenon-timer", crashes), crashes);
    control = pool(CONTROL_THREADS, named("tenon-control", crashes));
    lines = pool(1, named("tenon-lines", crashes));
    supervision = pool(SUPERVISION_THREADS, named("tenon-supervision", crashes));
    registering = pool(REGISTERING_THREADS, named("tenon-registering", crashes));
    // Not watched: what a change fails with goes to whoever asked for it.
    policy = new ScheduledThreadPoolExecutor(1, named("tenon-policy", crashes));
    enrol.setRemoveOnCancelPolicy(true);
    timer.setRemoveOnCancelPolicy(true);
  }

  private static ThreadPoolExecutor pool(int threads, ThreadFactory factory) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static ThreadFactory named(String prefix, CrashLog crashes) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler(crashes);
      return thread;
    };
  }

  /** Scheduled tasks keep what they throw in a future that nobody reads, and do not run again. */
  private static final class Watched extends ScheduledThreadPoolExecutor {
    private final CrashLog crashes;

    Watched(int threads, ThreadFactory factory, CrashLog crashes) {
      super(threads, factory);
      this.crashes = crashes;
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
      super.afterExecute(task, thrown);
      if (!(task instanceof Future<?> future) || !future.isDone() || future.isCancelled()) {
        return;
      }
      try {
        future.get();
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        crashes.uncaughtException(Thread.currentThread(), cause == null ? e : cause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
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

  /** Runs {@code task}, which is short, on the timer, with {@code pause} between two runs. */
  void every(Duration pause, Runnable task) {
    var unused =
        timer.scheduleWithFixedDelay(task, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Returns the one thread that reads and changes the policy. */
  ScheduledThreadPoolExecutor policy() {
    return policy;
  }

  /** Returns what runs control calls. */
  ExecutorService control() {
    return control;
  }

  /** Returns what writes further lines to plugins, which may not read them at once. */
  ExecutorService lines() {
    return lines;
  }

  /** Returns what waits for the store of registrations, so that control calls need not. */
  ExecutorService registering() {
    return registering;
  }

  /** Returns what launches plugins again, each in turn. */
  ExecutorService supervision() {
    return supervision;
  }

  /** Ends {@code executor}, and those who wait for what it did not begin. */
  private static void end(ExecutorService executor) {
    for (Runnable left : executor.shutdownNow()) {
      if (left instanceof Future<?> future) {
        future.cancel(/* mayInterruptIfRunning= */ false);
      }
    }
  }

  @Override
  public void close() {
    List<ExecutorService> executors =
        List.of(enrol, timer, policy, control, lines, supervision, registering);
    executors.forEach(HostThreads::end);
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
