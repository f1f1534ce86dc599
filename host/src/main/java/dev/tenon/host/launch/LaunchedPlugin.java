package dev.tenon.host.launch;

import java.io.IOException;
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

  /**
   * Hands the run another bootstrap line, with a fresh enrolment token. A run that takes none, such
   * as one inside the host's process, passes it over. The line is a secret.
   *
   * @throws IOException if it could not be written
   */
  void rebootstrap(String bootstrapLine) throws IOException;

  /**
   * Takes the last bootstrap line back where it lies for the run to be read, because its token was
   * used: whoever reads it now would show a spent one, and be taken for a thief.
   *
   * @throws IOException if it is still there
   */
  default void forgetBootstrap() throws IOException {}

  /** Asks the run to end (SIGTERM). Does not wait. */
  void terminate();

  /** Ends the run at once (SIGKILL), with all processes that it started. Does not wait. */
  void kill();

  /**
   * Returns the last lines that the run printed, escaped and bounded, for the report of a failure.
   */
  List<String> lastOutput();
}
