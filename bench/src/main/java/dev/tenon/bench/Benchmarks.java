package dev.tenon.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The program that runs all benchmarks and writes docs/performance.md. */
public final class Benchmarks {
  private static final int[] THREADS = {1, 2};

  private Benchmarks() {}

  /**
   * Runs all benchmarks, about two minutes, and writes the page.
   *
   * @param args the path of the page; docs/performance.md below the current directory if there is
   *     none
   */
  public static void main(String[] args) throws RunnerException, IOException {
    Path page = Path.of(args.length > 0 ? args[0] : "docs/performance.md");
    Path folder = page.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          "page: " + page + " (expected: a file in a folder that exists; run this at the root)");
    }
    List<Measurement> measured = new ArrayList<>();
    for (int threads : THREADS) {
      new Runner(options(threads)).run().stream().map(Measurement::of).forEach(measured::add);
    }
    Files.writeString(page, new PerformancePage(PerformancePage.thisMachine(), measured).text());
  }

  private static Options options(int threads) {
    return new OptionsBuilder()
        .include("^" + Benchmarks.class.getPackageName() + "\\.")
        .threads(threads)
        .forks(2)
        .warmupIterations(3)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(5)
        .measurementTime(TimeValue.seconds(1))
        .shouldFailOnError(true)
        .build();
  }
}
