package dev.tenon.host.probe;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the exchanges of the server, each for a short time and few at once. Whoever sends or reads
 * slowly is cut off when the time is over, and the eldest when there are too many: an honest probe
 * needs milliseconds, and never waits for a slow one. Thread-safe.
 *
 * <p>The JDK's server has limits of its own for this only as system properties, for all servers of
 * a JVM.
 */
final class Exchanges implements Executor, AutoCloseable {
  /** Most exchanges at once. */
  static final int MOST = 8;

  /** Longest exchange, from the first byte of the request on. */
  static final Duration LONGEST = Duration.ofSeconds(5);

  /*
   * `running` is guarded by `this`, in order of arrival; nothing is called under it. Each exchange that is
   * handed in runs, also when it was cut off before: the server would never close its connection otherwise.
   */
  private final Deque<Exchange> running = new ArrayDeque<>();
  private final int most;
  private final Duration longest;
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor threads;

  /**
   * Makes it for {@code most} exchanges at once, of which none takes longer than {@code longest}.
   */
  Exchanges(int most, Duration longest) {
    this.most = most;
    this.longest = longest;
    ThreadFactory factory = daemons();
    timer = new ScheduledThreadPoolExecutor(1, factory, new ThreadPoolExecutor.DiscardPolicy());
    timer.setRemoveOnCancelPolicy(true);
    threads =
        new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
  }

  private static ThreadFactory daemons() {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "tenon-probe-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** One exchange. To interrupt its thread closes the connection on which it waits. */
  private final class Exchange implements Runnable {
    private final Runnable task;
    private @Nullable Thread thread;
    private boolean isCut;

    Exchange(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      Future<?> alarm = timer.schedule(this::cut, longest.toNanos(), TimeUnit.NANOSECONDS);
      begin();
      try {
        task.run();
      } finally {
        alarm.cancel(/* mayInterruptIfRunning= */ false);
        end();
        left(this);
      }
    }

    private synchronized void begin() {
      thread = Thread.currentThread();
      if (isCut) {
        thread.interrupt();
      }
    }

    private synchronized void end() {
      thread = null;
      var unused = Thread.interrupted(); // What comes next on this thread is somebody else's.
    }

    synchronized void cut() {
      isCut = true;
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  @Override
  public void execute(Runnable task) {
    Exchange exchange = new Exchange(task);
    entered(exchange).ifPresent(Exchange::cut);
    threads.execute(exchange);
  }

  /** Takes {@code exchange} in, and returns the eldest if there was no place left. */
  private synchronized Optional<Exchange> entered(Exchange exchange) {
    Optional<Exchange> eldest =
        running.size() < most ? Optional.empty() : Optional.ofNullable(running.poll());
    running.add(exchange);
    return eldest;
  }

  private synchronized void left(Exchange exchange) {
    running.remove(exchange);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    threads.shutdownNow();
  }
}
