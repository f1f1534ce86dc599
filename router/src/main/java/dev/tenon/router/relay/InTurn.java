package dev.tenon.router.relay;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs what it is given one after the other, on threads of another executor. What it is given
 * throws nothing. Thread-safe.
 */
final class InTurn implements Executor {
  private final Object lock = new Object();
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private final Executor threads;
  private boolean isRunning;

  InTurn(Executor threads) {
    this.threads = threads;
  }

  /**
   * Runs {@code step} after what was given before.
   *
   * @throws RejectedExecutionException if the threads take nothing any more; nor is any step run
   *     that waits
   */
  @Override
  public void execute(Runnable step) {
    synchronized (lock) {
      waiting.add(step);
      if (isRunning) {
        return;
      }
      isRunning = true;
    }
    try {
      threads.execute(this::run);
    } catch (RejectedExecutionException e) {
      synchronized (lock) {
        waiting.clear();
        isRunning = false;
      }
      throw e;
    }
  }

  private void run() {
    for (Runnable step = next(); step != null; step = next()) {
      step.run();
    }
  }

  private @Nullable Runnable next() {
    synchronized (lock) {
      Runnable next = waiting.poll();
      isRunning = next != null;
      return next;
    }
  }
}
