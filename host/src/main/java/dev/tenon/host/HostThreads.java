package dev.tenon.host;

import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
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
  private static final int CHANGE_THREADS = 4;

  private final ScheduledThreadPoolExecutor enrol;
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor lines;
  private final ThreadPoolExecutor supervision;
  private final ThreadPoolExecutor registering;
  private final ThreadPoolExecutor changes;
  private final ScheduledThreadPoolExecutor policy;

  /*
   * Never without its one thread: the kernel ends what a thread has started when that thread ends, if so
   * asked (PR_SET_PDEATHSIG, prctl(2)), and does not ask whether the process lives on.
   */
  private final ThreadPoolExecutor launch;

  /** Makes the threads; what fails in them unseen goes to {@code crashes}. */
  HostThreads(CrashLog crashes) {
    enrol = new Watched(2, named("tenon-enrol", crashes), crashes);
    timer = new Watched(1, named("tenon-timer", crashes), crashes);
    control = pool(CONTROL_THREADS, named("tenon-control", crashes));
    lines = pool(1, named("tenon-lines", crashes));
    supervision = pool(SUPERVISION_THREADS, named("tenon-supervision", crashes));
    registering = pool(REGISTERING_THREADS, named("tenon-registering", crashes));
    changes = pool(CHANGE_THREADS, named("tenon-changes", crashes));
    // Not watched: what a change fails with goes to whoever asked for it.
    policy = new ScheduledThreadPoolExecutor(1, named("tenon-policy", crashes));
    launch =
        new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("tenon-launch", crashes));
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

  /**
   * Launches a run on the thread that starts all processes, and which lives as long as the host.
   *
   * @throws LaunchException if {@code task} does, or the host ends meanwhile
   */
  LaunchedPlugin launch(Callable<LaunchedPlugin> task) throws LaunchException {
    Future<LaunchedPlugin> launched = launch.submit(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return launched.get();
        } catch (InterruptedException e) {
          interrupted = true; // What was started has to be known to whoever is to end it.
        }
      }
    } catch (CancellationException e) {
      throw new LaunchException("the host ends (expected: one that goes on)", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LaunchException refused) {
        throw refused;
      }
      if (e.getCause() instanceof RuntimeException failed) {
        throw failed;
      }
      throw new LaunchException("could not be launched: " + e.getCause(), e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns what waits for the plugins that administrators add, replace and remove. */
  ExecutorService changes() {
    return changes;
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
        List.of(enrol, timer, policy, control, lines, supervision, registering, changes, launch);
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
