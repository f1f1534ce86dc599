package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The example host's program as a process, with what it prints. Ended by {@link #close}. */
final class HostProcess implements AutoCloseable {
  private static final int LIMIT_SECONDS = 300;

  private final Process process;
  private final Path out;
  private final Path err;

  private HostProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  static HostProcess start(Place place, List<String> arguments) throws IOException {
    return start(place, List.of("-Xmx256m"), arguments);
  }

  static HostProcess start(Place place, List<String> jvmOptions, List<String> arguments)
      throws IOException {
    return start(place.folder(), jvmOptions, arguments);
  }

  /** Starts the program with its output kept in {@code folder}. */
  static HostProcess start(Path folder, List<String> jvmOptions, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(java());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8"); // as the script does; the JVM reads names so
    return start(folder, builder);
  }

  /** Starts {@code builder} with its output kept in {@code place}. */
  static HostProcess start(Place place, ProcessBuilder builder) throws IOException {
    return start(place.folder(), builder);
  }

  private static HostProcess start(Path folder, ProcessBuilder builder) throws IOException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    builder.redirectInput(new File("/dev/null"));
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    return new HostProcess(builder.start(), out, err);
  }

  /** Returns how the JVM of this test starts another one like it. */
  static List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    if (Runtime.version().feature() >= 24) { // they warn on stderr otherwise
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    return command;
  }

  Process process() {
    return process;
  }

  /** Returns the process and all that it started and that is still there. */
  List<ProcessHandle> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
  }

  /** Waits for the end, and returns the exit status. */
  int status() throws InterruptedException {
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
        .as("the host's end; it printed %s%s", out(), err())
        .isTrue();
    return process.exitValue();
  }

  String out() {
    return read(out);
  }

  String err() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), UTF_8);
    } catch (IOException e) {
      throw new AssertionError("the output of a process can be read", e);
    }
  }

  @Override
  public void close() {
    List<ProcessHandle> left = tree();
    left.forEach(ProcessHandle::destroyForcibly);
    left.forEach(handle -> handle.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join());
  }
}
