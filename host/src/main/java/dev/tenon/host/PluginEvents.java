package dev.tenon.host;

import dev.tenon.core.BreakerState;
import dev.tenon.core.RuntimeId;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Who listens to the changes of a host's plugins. Thread-safe; telling never blocks. */
final class PluginEvents implements AutoCloseable {
  /** How many events may wait for one listener. */
  static final int MAX_WAITING = 1_000;

  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());
  private static final int IDLE_SECONDS = 10;

  private final List<One> listeners = new CopyOnWriteArrayList<>();

  Listening add(PluginListener listener) {
    One one = new One(listener);
    listeners.add(one);
    return one;
  }

  void tell(PluginEvent event) {
    tell((listener, missed) -> listener.changed(event.missed(missed)));
  }

  /** Tells that the breaker of {@code provider} has changed. */
  void tell(Instant at, RuntimeId provider, BreakerState before, BreakerState now) {
    tell(
        (listener, missed) ->
            listener.breakerChanged(new BreakerEvent(at, provider, before, now, missed)));
  }

  private void tell(Event event) {
    listeners.forEach(one -> one.offer(event));
  }

  /** What listeners are told. */
  @FunctionalInterface
  private interface Event {
    void tell(PluginListener listener, long missed);
  }

  @Override
  public void close() {
    listeners.forEach(One::finish);
    listeners.clear();
  }

  /** One listener, and what it was not told yet. */
  private final class One implements Listening {
    /* `waiting` and `missed` are guarded by `waiting`; the listener is called without a lock. */
    private final PluginListener listener;
    private final Deque<Event> waiting = new ArrayDeque<>();
    private final ThreadPoolExecutor thread;
    private long missed;

    One(PluginListener listener) {
      this.listener = listener;
      thread =
          new ThreadPoolExecutor(
              1,
              1,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new LinkedBlockingQueue<>(),
              task -> {
                Thread made = new Thread(task, "tenon-listener");
                made.setDaemon(true);
                return made;
              });
      thread.allowCoreThreadTimeOut(true);
    }

    void offer(Event event) {
      boolean isFirst;
      synchronized (waiting) {
        isFirst = waiting.isEmpty();
        if (waiting.size() == MAX_WAITING) {
          waiting.removeFirst();
          missed++;
        }
        waiting.addLast(event);
      }
      if (isFirst) {
        try {
          thread.execute(this::tellAll);
        } catch (RejectedExecutionException e) {
          // It has stopped listening.
        }
      }
    }

    private void tellAll() {
      for (Optional<Runnable> next = next(); next.isPresent(); next = next()) {
        try {
          next.get().run();
        } catch (RuntimeException | LinkageError | AssertionError e) {
          LOG.log(Level.WARNING, "a listener of plugins failed", e);
        }
      }
    }

    private Optional<Runnable> next() {
      synchronized (waiting) {
        long before = missed;
        missed = 0;
        return Optional.ofNullable(waiting.pollFirst())
            .map(event -> () -> event.tell(listener, before));
      }
    }

    /** Tells what waits, and nothing new. */
    private void finish() {
      thread.shutdown();
    }

    @Override
    public void close() {
      listeners.remove(this);
      synchronized (waiting) {
        waiting.clear();
      }
      finish();
    }
  }
}
