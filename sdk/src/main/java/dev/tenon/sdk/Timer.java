package dev.tenon.sdk;

import java.time.Duration;

/** What runs a task later. */
@FunctionalInterface
interface Timer {
  /**
   * Runs {@code task} after {@code delay}, unless it is dropped or the plugin has ended by then.
   */
  Planned after(Duration delay, Runnable task);

  /** A task that is to run. Thread-safe. */
  @FunctionalInterface
  interface Planned {
    /** Lets go of the task, which does not run if it has not begun. */
    void drop();
  }
}
