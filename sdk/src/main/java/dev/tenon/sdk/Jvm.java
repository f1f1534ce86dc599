package dev.tenon.sdk;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;

/** The process around a plugin, as far as the SDK touches it. */
interface Jvm {
  /** This process. */
  Jvm THIS = new ThisJvm();

  /** Returns an environment variable. */
  Optional<String> environment(String name);

  /** Takes stdin for the host's lines; the program then reads an empty one. */
  InputStream takeStdin();

  /** Returns where people read. */
  PrintStream stderr();

  /** Ends the process in good order. */
  void exit(int status);

  /** Ends the process at once; nothing in it can delay that. */
  void halt(int status);

  /** Runs {@code task} when the process is asked to end, as by SIGTERM. */
  void onTermination(Thread task);

  /** Takes back {@link #onTermination}; without effect once the process is ending. */
  void forgetTermination(Thread task);
}
