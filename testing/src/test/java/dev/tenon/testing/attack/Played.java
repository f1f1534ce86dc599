package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One process of a measurement, such as {@link PlayedHost} or {@link PlayedPlugin}, to which lines
 * are said and which answers with lines. Not thread-safe, except that it may answer one thread
 * while it is asked how much it has used by another.
 */
final class Played implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;
  private final Path log;

  /**
   * @param log where its log goes
   */
  Played(Path log, Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            program.getName()));
    command.addAll(List.of(arguments));
    File errors = log.toFile();
    this.log = log;
    process = new ProcessBuilder(command).redirectError(errors).start();
    answers = process.inputReader(UTF_8);
    orders = process.outputWriter(UTF_8);
  }

  /** Has all its threads run on the processor {@code cpu} alone; Linux has {@code taskset}. */
  void pin(int cpu) throws IOException {
    Process taskset =
        new ProcessBuilder("taskset", "-a", "-c", "-p", cpu + "", process.pid() + "")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (taskset.waitFor() != 0) {
        throw new IOException("taskset: " + taskset.exitValue() + " (expected: 0)");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Says a line, without waiting for the answer. */
  void say(String line) throws IOException {
    orders.write(line);
    orders.write('\n');
    orders.flush();
  }

  /** Waits for one line. */
  String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new EOFException("process: ended (expected: an answer): " + Files.readString(log));
    }
    return line;
  }

  /** Returns how many milliseconds of processors it has used, or 0 where that is not told. */
  long cpuMillis() {
    return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
  }

  /** Returns how long its log is. */
  long logBytes() throws IOException {
    return Files.size(log);
  }

  long logLines() throws IOException {
    try (var lines = Files.lines(log)) {
      return lines.count();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("process: lives (expected: killed)");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
