package dev.tenon.bench;

import dev.tenon.bench.endtoend.Comparison;
import dev.tenon.bench.endtoend.EndToEnd;
import dev.tenon.bench.endtoend.Plan;
import dev.tenon.bench.endtoend.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The program that runs all benchmarks and writes docs/performance.md. */
public final class Benchmarks {
  private static final int[] THREADS = {1, 2};

  private final Path root;
  private final String commit;

  private Benchmarks(Path root, String commit) {
    this.root = root;
    this.commit = commit;
  }

  /**
   * Runs all benchmarks, about six minutes, and writes the page; with {@code --short} only shows in
   * seconds that the comparison works, and prints what the page would say. Ends the JVM: with 1 if
   * the machine lacks something or the comparison fails, and 2 for wrong arguments.
   *
   * @param args the root of the project, its commit, and perhaps {@code --short}
   */
  public static void main(String[] args) throws InterruptedException {
    boolean isShort = args.length == 3 && args[2].equals("--short");
    if (args.length != 2 && !isShort) {
      System.err.println("usage: tenon bench [--short]");
      System.exit(2);
    }
    List<String> missing = Tools.missing();
    if (!missing.isEmpty()) {
      missing.forEach(line -> tell("missing: " + line));
      System.exit(1);
    }
    try {
      new Benchmarks(Path.of(args[0]), args[1]).run(isShort);
    } catch (IOException | RunnerException e) {
      tell(String.valueOf(e.getMessage()));
      System.exit(1);
    }
  }

  private void run(boolean isShort) throws RunnerException, IOException, InterruptedException {
    if (isShort) {
      System.out.print(page(Plan.brief(), List.of(), List.of()));
    } else {
      String page =
          page(Plan.full(), measured(TokenValidation.class), measured(PolicyDecision.class));
      Files.writeString(root.resolve("docs").resolve("performance.md"), page);
    }
  }

  private String page(Plan plan, List<Measurement> validations, List<Measurement> decisions)
      throws IOException, InterruptedException {
    Comparison comparison = new EndToEnd(root.resolve("bench"), plan, Benchmarks::tell).run();
    Machine machine = Machine.here(commit, InstantSource.system());
    String page = new PerformancePage(machine, comparison.section(), validations, decisions).text();
    if (!comparison.isClean()) {
      throw new IOException("calls failed, so no page was written:\n" + page);
    }
    return page;
  }

  private static void tell(String progress) {
    System.err.println("bench: " + progress);
  }

  private static List<Measurement> measured(Class<?> benchmark) throws RunnerException {
    List<Measurement> measured = new ArrayList<>();
    for (int threads : THREADS) {
      tell(benchmark.getSimpleName() + ", " + threads + " threads");
      new Runner(options(benchmark, threads))
          .run().stream().map(Measurement::of).forEach(measured::add);
    }
    return measured;
  }

  private static Options options(Class<?> benchmark, int threads) {
    return new OptionsBuilder()
        .include("^" + benchmark.getName() + "\\.")
        .threads(threads)
        .forks(2)
        .warmupIterations(3)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(5)
        .measurementTime(TimeValue.seconds(1))
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT)
        .build();
  }
}
