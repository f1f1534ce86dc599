package dev.tenon.auth;

import java.time.Duration;

/** What runs the clean-up of a store from time to time: the host's timer, or a test. */
@FunctionalInterface
public interface CleanUp {
  /** Runs {@code task} with {@code pause} between two runs, until the host ends. */
  void every(Duration pause, Runnable task);
}
