package dev.tenon.examples.host;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The system's Python, as far as plugins need it. */
final class PythonInterpreter {
  private static final String PATH = "/usr/bin/python3";
  private static final String NEEDED = "import grpc, google.protobuf, cryptography";
  private static final int MAX_WAIT_SECONDS = 30;

  private PythonInterpreter() {}

  /** Tries it, in a process: returns whether it is there and can import all that plugins need. */
  static boolean runsPlugins() {
    if (!Files.isExecutable(Path.of(PATH))) {
      return false;
    }
    File nowhere = new File("/dev/null");
    try {
      Process process =
          new ProcessBuilder(List.of(PATH, "-E", "-s", "-c", NEEDED))
              .redirectInput(nowhere)
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start();
      try {
        return process.waitFor(MAX_WAIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
