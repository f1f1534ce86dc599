package dev.tenon.host.launch;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** A run that was started, seen from outside. Thread-safe. */
public interface LaunchedPlugin {
  /** Returns the process id, if the run is a process of its own. */
  OptionalLong pid();

  /** Returns what completes with the exit status when the run has ended and was reaped. */
  CompletableFuture<Integer> exit();

  /** Returns whether the process {@code pid} is this run or a descendant of it. */
  boolean owns(long pid);

  /** Asks the run to end (SIGTERM). Does not wait. */
  void terminate();

  /** Ends the run at once (SIGKILL), with all processes that it started. Does not wait. */
  void kill();

  /**
   * Returns the last lines that the run printed, escaped and bounded, for the report of a failure.
   */
  List<String> lastOutput();
}
