package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The comparison of all ways: builds, starts, warms, and measures in rounds. */
public final class EndToEnd {
  private final Path bench;
  private final Plan plan;
  private final Consumer<String> progress;

  /**
   * Prepares a comparison.
   *
   * @param bench the folder {@code bench} of the project
   * @param progress is told, now and then, how far it has come
   */
  public EndToEnd(Path bench, Plan plan, Consumer<String> progress) {
    this.bench = requireNonNull(bench, "bench").toAbsolutePath();
    this.plan = requireNonNull(plan, "plan");
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * Runs it, and leaves nothing behind but the built C program.
   *
   * @throws IOException if something cannot be built or started, or fails while it is measured
   */
  public Comparison run() throws IOException, InterruptedException {
    Path program = build();
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    try (Contenders contenders = new Contenders(folder, program, bench.resolve("proxies"))) {
      progress.accept("starting the proxies and a host");
      contenders.start();
      LoadGenerator generator = new LoadGenerator(program, folder);
      warmTenon(contenders.all(), generator);
      return new Comparison(versions(folder), plan.rounds(), rounds(contenders.all(), generator));
    } finally {
      Folders.delete(folder);
    }
  }

  private Path build() throws IOException, InterruptedException {
    Path out = bench.resolve("target").resolve("native");
    String unused = Command.run(bench.resolve("native"), List.of("make", "-s", "OUT=" + out));
    return out.resolve("bench");
  }

  /** The others are machine code from the start. */
  private void warmTenon(List<Contender> all, LoadGenerator generator)
      throws IOException, InterruptedException {
    for (Contender contender : all) {
      if (contender.way() == Way.TENON) {
        for (Load load : Load.values()) {
          progress.accept("warming Tenon: " + load.title());
          Sample unused = generator.measure(contender, load, 0, Duration.ZERO, plan.hostWarmUp());
        }
      }
    }
  }

  private List<Sample> rounds(List<Contender> all, LoadGenerator generator)
      throws IOException, InterruptedException {
    List<Sample> samples = new ArrayList<>();
    SecureRandom order = new SecureRandom();
    for (int round = 1; round <= plan.rounds(); round++) {
      progress.accept("round " + round + " of " + plan.rounds());
      List<Contender> shuffled = new ArrayList<>(all);
      Collections.shuffle(shuffled, order);
      for (Load load : Load.values()) {
        for (Contender contender : shuffled) {
          samples.add(
              generator.measure(contender, load, round, plan.warmUp(), load.window(plan.window())));
        }
      }
    }
    return samples;
  }

  private static String versions(Path folder) throws IOException, InterruptedException {
    return Stream.of(
            Command.run(folder, List.of(Tools.program("nginx"), "-v")),
            Command.run(folder, List.of(Tools.program("haproxy"), "-v")),
            Command.run(folder, List.of("openssl", "version")),
            Command.run(folder, List.of("gcc", "--version")))
        .map(text -> Arrays.asList(text.split("\n", -1)).get(0).strip())
        .collect(Collectors.joining("; "));
  }
}
