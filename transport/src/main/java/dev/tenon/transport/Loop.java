package dev.tenon.transport;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * An event loop of a {@link Transport}: one thread, which does all input and output of its links
 * and runs what is given to it, one after the other. Thread-safe; the same object for the same
 * loop.
 */
public interface Loop extends Executor {
  /** Returns whether the caller runs on this loop. */
  boolean isIn();

  /**
   * Runs {@code task} on this loop, after what it was given before.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the transport is closed
   */
  @Override
  void execute(Runnable task);

  /**
   * Runs {@code task} on this loop, in {@code delay} from now.
   *
   * @throws java.util.concurrent.RejectedExecutionException if the transport is closed
   */
  Timer schedule(Runnable task, Duration delay);

  /** A task that waits for its time. Thread-safe. */
  @FunctionalInterface
  interface Timer {
    /** Takes the task back, if it has not begun. Idempotent. */
    void cancel();
  }
}
