package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * How long the first calls take that a host ever relays: its JVM is started for them, with an
 * archive of its classes, on all processors there are.
 */
public final class ColdStart {
  private static final Duration TRAINING = Duration.ofMillis(500);

  private final Path bench;
  private final int rounds;
  private final int calls;
  private final Consumer<String> progress;

  /**
   * Prepares the measurement.
   *
   * @param bench the folder {@code bench} of the project
   * @param calls how many are the first
   */
  public ColdStart(Path bench, int rounds, int calls, Consumer<String> progress) {
    this.bench = requireNonNull(bench, "bench").toAbsolutePath();
    this.rounds = rounds;
    this.calls = calls;
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * Measures, and returns for each round the seconds from the first call to the last answer.
   *
   * @throws IOException if a host does not start, or a call fails
   */
  public List<Double> seconds() throws IOException, InterruptedException {
    Path program = EndToEnd.build(bench);
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    try {
      String jars = Jvm.jars(folder);
      Path archive = folder.resolve("host.jsa");
      progress.accept("cold start: the archive of classes");
      train(folder, program, jvm("-XX:ArchiveClassesAtExit=" + archive, jars));
      if (!Files.isReadable(archive)) {
        throw new IOException(archive + ": not written (expected: by the JVM at its end)");
      }
      List<Double> seconds = new ArrayList<>();
      for (int round = 1; round <= rounds; round++) {
        progress.accept("cold start, round " + round + " of " + rounds);
        seconds.add(once(folder, program, round, jvm("-XX:SharedArchiveFile=" + archive, jars)));
      }
      return seconds;
    } finally {
      Folders.delete(folder);
    }
  }

  private static HostJvm jvm(String option, String jars) {
    return new HostJvm(List.of("-Xlog:disable", option), jars, /* isPinned= */ false);
  }

  /** Has a host relay a little, so that all classes of the way are loaded, and end. */
  private static void train(Path folder, Path program, HostJvm jvm)
      throws IOException, InterruptedException {
    try (TenonSetUp tenon =
        TenonSetUp.start(folder.resolve("training"), program, Setting.UNIX, jvm)) {
      Sample unused =
          new LoadGenerator(program, folder)
              .measure(tenon.contender(), Load.ONE_CONNECTION, 0, Duration.ZERO, TRAINING);
    }
  }

  private double once(Path folder, Path program, int round, HostJvm jvm)
      throws IOException, InterruptedException {
    try (TenonSetUp tenon =
        TenonSetUp.start(folder.resolve("round-" + round), program, Setting.UNIX, jvm)) {
      Outcome outcome =
          new LoadGenerator(program, folder)
              .measureFirst(calls, tenon.contender(), Load.ONE_CONNECTION, round)
              .outcome();
      if (!outcome.isClean() || outcome.calls() != calls) {
        throw new IOException("cold start: " + outcome + " (expected: " + calls + " answers)");
      }
      return outcome.seconds();
    }
  }
}
