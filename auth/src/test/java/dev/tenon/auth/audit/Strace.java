package dev.tenon.auth.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs {@link CountedAppender} under strace, which sees and disturbs what it does to its files. */
final class Strace {
  /** What a log asks of the system that changes files, and opening them. */
  static final List<String> CALLS =
      List.of("write", "pwrite64", "fdatasync", "fsync", "openat", "rename", "unlink", "ftruncate");

  private static final int MOST_RECORDS = 30;

  private final Path folder;
  private final Path said;
  private final Path trace;

  /**
   * @param folder where the log is
   * @param scratch where its output and the trace go
   */
  Strace(Path folder, Path scratch) {
    this.folder = folder;
    said = scratch.resolve("said");
    trace = scratch.resolve("trace");
  }

  /** What the program said, a line each, and what it asked of the system. */
  record Run(int exit, List<String> said, List<String> trace) {
    List<String> told() {
      return said("told ");
    }

    List<String> refused() {
      return said("refused ");
    }

    private List<String> said(String what) {
      return said.stream()
          .filter(line -> line.startsWith(what))
          .map(line -> line.substring(what.length()))
          .toList();
    }
  }

  /**
   * Skips the test where strace is missing, which it must not be in CI, or where the system does
   * not let it trace.
   */
  static void assumeInstalled() throws Exception {
    Optional<Boolean> traces = traces();
    if ("true".equals(System.getenv("CI"))) {
      assertThat(traces).as("strace is installed").isPresent();
    }
    assumeTrue(traces.isPresent(), "strace is not installed");
    assumeTrue(traces.get(), "strace may not trace here");
  }

  /** Returns whether strace can trace; empty if it is not there. */
  private static Optional<Boolean> traces() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder("strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(60, TimeUnit.SECONDS);
      process.destroyForcibly();
      return Optional.of(ended && process.exitValue() == 0);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Where the program's own output is, for a trace that shows it too. */
  Path said() {
    return said;
  }

  /** The files that the writer and the start touch. */
  List<Path> written() {
    LogPaths paths = new LogPaths(folder.resolve("audit.jsonl"));
    return List.of(folder, paths.active(), paths.head(), paths.unfinishedHead());
  }

  /** The files that compression touches. */
  List<Path> archived() {
    List<Path> files = new ArrayList<>();
    LogPaths paths = new LogPaths(folder.resolve("audit.jsonl"));
    for (int first = 1; first <= MOST_RECORDS; first++) {
      Path sealed = paths.sealed(first);
      files.add(sealed);
      files.add(LogPaths.compressed(sealed));
      files.add(sealed.resolveSibling(sealed.getFileName() + Archive.UNFINISHED));
    }
    return files;
  }

  /** Runs the program for records {@code from} to {@code to}; looks at {@code files} alone. */
  Run run(long from, long to, List<Path> files, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-qq"));
    if (List.of(options).stream().noneMatch(option -> option.contains(":signal="))) {
      command.add("--seccomp-bpf"); // Faster, and does not inject signals.
    }
    command.addAll(List.of("-e", "signal=none", "-e", "trace=" + String.join(",", CALLS)));
    command.addAll(List.of("-o", trace.toString()));
    files.forEach(file -> command.addAll(List.of("-P", file.toString())));
    command.addAll(List.of(options));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(CountedAppender.class.getName());
    command.add(folder.resolve("audit.jsonl").toString());
    command.addAll(
        List.of(String.format(Locale.ROOT, "%d", from), String.format(Locale.ROOT, "%d", to)));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(said.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("it ends").isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return new Run(
        process.exitValue(),
        Files.readAllLines(said),
        Files.readAllLines(trace, StandardCharsets.ISO_8859_1));
  }
}
