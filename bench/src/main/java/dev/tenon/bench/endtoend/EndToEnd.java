package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.ThreadTimes.CpuTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
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
    List<Sample> samples = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      samples.addAll(measured(setting, setting.ways(), setting.loads()).all());
    }
    return new Comparison(versions(), plan.rounds(), new Samples(samples));
  }

  /** Measures {@code ways} under {@code loads} in one setting. */
  Samples measured(Setting setting, Set<Way> ways, Set<Load> loads)
      throws IOException, InterruptedException {
    Path program = build(bench);
    Path folder = Files.createTempDirectory("tenon-bench", Private.FOLDER);
    try (Contenders contenders =
        new Contenders(folder, program, bench.resolve("proxies"), setting)) {
      tell(setting, "starting the ways");
      contenders.start(ways);
      LoadGenerator generator = new LoadGenerator(program, folder);
      warmJvms(setting, contenders.all(), loads, generator);
      return rounds(setting, contenders.all(), loads, generator);
    } finally {
      Folders.delete(folder);
    }
  }

  /** Builds the C program of the folder {@code bench} and returns where it is. */
  static Path build(Path bench) throws IOException, InterruptedException {
    Path out = bench.resolve("target").resolve("native");
    String unused = Command.run(bench.resolve("native"), List.of("make", "-s", "OUT=" + out));
    return out.resolve("bench");
  }

  private void tell(Setting setting, String text) {
    progress.accept(setting.title() + ": " + text);
  }

  /** The others are machine code from the start. */
  private void warmJvms(
      Setting setting, List<Contender> all, Set<Load> loads, LoadGenerator generator)
      throws IOException, InterruptedException {
    for (Contender contender : all) {
      if (contender.way().isJvm()) {
        tell(setting, "warming " + contender.way().title());
        for (Load load : loads) {
          Sample unused = generator.measure(contender, load, 0, Duration.ZERO, plan.hostWarmUp());
        }
      }
    }
  }

  private Samples rounds(
      Setting setting, List<Contender> all, Set<Load> loads, LoadGenerator generator)
      throws IOException, InterruptedException {
    List<Sample> samples = new ArrayList<>();
    SecureRandom order = new SecureRandom();
    for (int round = 1; round <= plan.rounds(); round++) {
      tell(setting, "round " + round + " of " + plan.rounds());
      List<Contender> shuffled = new ArrayList<>(all);
      Collections.shuffle(shuffled, order);
      for (Load load : loads) {
        for (Contender contender : shuffled) {
          samples.add(measure(contender, load, round, generator));
        }
      }
    }
    return new Samples(samples);
  }

  /** A way that is not Tenon's may fail, which is told then; a measurement goes on without it. */
  private Sample measure(Contender contender, Load load, int round, LoadGenerator generator)
      throws IOException, InterruptedException {
    try {
      return generator.measure(contender, load, round, plan.warmUp(), load.window(plan.window()));
    } catch (IOException e) {
      if (contender.way().isJvm() || contender.way().isDirect()) {
        throw e;
      }
      String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      return new Sample(
          contender.setting(),
          contender.way(),
          load,
          round,
          new Outcome(0, 0, 0, 1, 0, 0, 0, 0, why),
          new CpuTime(0, 0));
    }
  }

  private String versions() throws IOException, InterruptedException {
    return Stream.of(
            Command.run(bench, List.of(Tools.program("nginx"), "-v")),
            Command.run(bench, List.of(Tools.program("haproxy"), "-v")),
            Command.run(bench, List.of("openssl", "version")),
            Command.run(bench, List.of("gcc", "--version")))
        .map(text -> Arrays.asList(text.split("\n", -1)).get(0).strip())
        .collect(Collectors.joining("; "));
  }
}
