package dev.tenon.sdk;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of one running plugin: all are daemons, so that the end of {@code main} ends the
 * process. After {@link #close} new tasks are dropped.
 */
final class Threads implements AutoCloseable {
  /*
   * `timer` never blocks: drains must end on time. `worker` is one thread and may wait for the host:
   * it runs registrations, one after the other, so that they need no locks. `identity` is another
   * one, for renewals and enrolments: a registration that the host refuses waits for one of those.
   * `calls` runs the code of the plugin's services, which may block; the router bounds how many.
   */
  private final ScheduledThreadPoolExecutor timer;
  private final ScheduledThreadPoolExecutor worker;
  private final ScheduledThreadPoolExecutor identity;
  private final ThreadPoolExecutor calls;

  Threads() {
    timer = scheduled("tenon-timer");
    worker = scheduled("tenon-worker");
    identity = scheduled("tenon-identity");
    calls =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            daemons("tenon-call"),
            new ThreadPoolExecutor.DiscardPolicy());
  }

  private static ScheduledThreadPoolExecutor scheduled(String name) {
    var executor =
        new ScheduledThreadPoolExecutor(1, daemons(name), new ThreadPoolExecutor.DiscardPolicy());
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Runs short tasks that never block. */
  Timer timer() {
    return (delay, task) -> schedule(timer, delay, task);
  }

  /** Runs tasks that may wait for the host, one after the other. */
  Timer worker() {
    return (delay, task) -> schedule(worker, delay, task);
  }

  /** Runs what changes the plugin's identity, one after the other; may wait for the host. */
  Timer identity() {
    return (delay, task) -> schedule(identity, delay, task);
  }

  /** Runs what {@link #worker} runs, as soon as it is idle. */
  ExecutorService work() {
    return worker;
  }

  /** Runs the plugin's services. */
  Executor calls() {
    return calls;
  }

  private static Timer.Planned schedule(
      ScheduledThreadPoolExecutor on, Duration delay, Runnable task) {
    Future<?> planned = on.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> planned.cancel(/* mayInterruptIfRunning= */ false);
  }

  /** Ends the threads; tasks that run are interrupted. */
  @Override
  public void close() {
    timer.shutdownNow();
    worker.shutdownNow();
    identity.shutdownNow();
    calls.shutdownNow();
  }
}
