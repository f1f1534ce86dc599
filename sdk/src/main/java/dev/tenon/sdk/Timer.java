package dev.tenon.sdk;

import java.time.Duration;

/** What runs a task later. */
@FunctionalInterface
interface Timer {
  /** Runs {@code task} after {@code delay}, unless the plugin has ended by then. */
  void after(Duration delay, Runnable task);
}
