package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A program that the comparison has started: it prints lines, and may be told some. Its standard
 * error goes to a file. One thread uses it.
 *
 * <p>Closing it ends it; so does the end of this JVM, as far as a JVM can see to that.
 */
final class Program implements AutoCloseable {
  private static final long END_SECONDS = 30;

  private final String name;
  private final Path errors;
  private final Process process;
  private final Thread atExit;

  /** Lines of standard output; empty is its end. */
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

  private Program(String name, Path errors, Process process) {
    this.name = name;
    this.errors = errors;
    this.process = process;
    atExit = new Thread(process::destroy, name + "-end");
  }

  /** Starts {@code command}; what it says about errors is {@code folder/name.log} afterwards. */
  static Program start(String name, Path folder, List<String> command) throws IOException {
    Path errors = folder.resolve(name + ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start();
    Program program = new Program(name, errors, process);
    Runtime.getRuntime().addShutdownHook(program.atExit);
    Thread reader = new Thread(program::readLines, name + "-lines");
    reader.setDaemon(true);
    reader.start();
    return program;
  }

  private void readLines() {
    try (BufferedReader reader = process.inputReader(UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(Optional.of(line));
      }
    } catch (IOException e) {
      // The end of it, as below.
    } finally {
      lines.add(Optional.empty());
    }
  }

  long pid() {
    return process.pid();
  }

  /**
   * Returns its next line.
   *
   * @throws IOException if it ends, or prints none within {@code limit}; with what it said last
   */
  String line(Duration limit) throws IOException, InterruptedException {
    Optional<String> line = lines.poll(limit.toMillis(), MILLISECONDS);
    if (line == null) {
      throw new IOException(name + ": silent for " + limit.toSeconds() + " s" + lastWords());
    }
    if (line.isEmpty()) {
      throw new IOException(name + ": ended" + lastWords());
    }
    return line.get();
  }

  /**
   * Waits for the line that is {@code expected}.
   *
   * @throws IOException if it ends first, or a line is longer in coming than {@code limit}
   */
  void await(String expected, Duration limit) throws IOException, InterruptedException {
    while (!line(limit).equals(expected)) {
      // Other lines are for people.
    }
  }

  /** Sends a line. */
  void tell(String line) throws IOException {
    Writer stdin = process.outputWriter(UTF_8);
    stdin.write(line + "\n");
    stdin.flush();
  }

  /** Ends its standard input, and waits until it has ended for that. */
  void endInput() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(END_SECONDS, SECONDS)) {
      throw new IOException(name + ": still there after " + END_SECONDS + " s" + lastWords());
    }
  }

  /** Waits for its end, for at most {@code limit}, and returns whether that has come. */
  boolean hasEndedWithin(Duration limit) throws InterruptedException {
    return process.waitFor(limit.toMillis(), MILLISECONDS);
  }

  /** Returns what it said last on its standard error, after a colon; empty for nothing. */
  String lastWords() throws IOException {
    String text = Files.readString(errors).strip();
    return text.isEmpty() ? "" : ": " + text.substring(Math.max(0, text.length() - 1_000));
  }

  /** Asks it to end, and kills it when it does not. */
  @Override
  public void close() {
    process.destroy();
    boolean interrupted = false;
    try {
      if (!process.waitFor(END_SECONDS, SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      interrupted = true;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, and finds nothing left to do.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
