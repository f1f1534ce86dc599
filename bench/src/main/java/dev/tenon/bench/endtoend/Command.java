package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Programs that do one thing and end. Stateless. */
final class Command {
  private static final long LIMIT_SECONDS = 120;

  private Command() {}

  /**
   * Runs {@code command} in {@code folder} and returns what it printed, errors too.
   *
   * @throws IOException if it cannot be started, fails, or takes too long
   */
  static String run(Path folder, List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (!process.waitFor(LIMIT_SECONDS, SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command.get(0) + ": not done after " + LIMIT_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "%s: status %d: %s".formatted(command.get(0), process.exitValue(), printed.strip()));
    }
    return printed;
  }
}
