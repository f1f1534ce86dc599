package dev.tenon.bench;

import dev.tenon.core.Health;
import dev.tenon.core.RefusedException;
import dev.tenon.registry.ServiceRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What registrations take: heap, and time. One round is one registry of 10,000 services. */
final class RegistrySize {
  private final int rounds;
  private final int flips;

  /** All of them until the end: what one round leaves must not become garbage in the next. */
  private final List<ServiceRegistry> kept = new ArrayList<>();

  /**
   * @param rounds one at least
   * @param flips how many reports of health follow in a round; each is about all services of a run
   */
  RegistrySize(int rounds, int flips) {
    this.rounds = rounds;
    this.flips = flips;
  }

  private record Round(double kibPerThousand, double microsToRegister, double microsToReport) {}

  /** Measures, and returns the section, which ends with a line feed. */
  String section() throws RefusedException {
    List<Round> measured = new ArrayList<>();
    for (int i = 0; i <= rounds; i++) {
      Round round = round();
      if (i > 0) { // the first warms up
        measured.add(round);
      }
    }
    return String.format(
        Locale.ROOT,
        """
        ## Size of the registry

        One registry of %,d services by %d runs, each with annotations that are empty; its limits are raised openly. Heap: what is reachable after a collection, with names
        and ids, less what was before. A report of health that flips concerns the %d services of a run. Medians of %d rounds, with the lowest and the highest in brackets.

        | what | |
        |---|---:|
        | heap for 1,000 registrations, KiB | %s |
        | one registration, µs | %s |
        | one report that flips, µs | %s |
        """,
        RegistryLookUp.SERVICES,
        RegistryLookUp.RUNS,
        RegistryLookUp.SERVICES / RegistryLookUp.RUNS,
        rounds,
        spread(measured, Round::kibPerThousand),
        spread(measured, Round::microsToRegister),
        spread(measured, Round::microsToReport));
  }

  private Round round() throws RefusedException {
    ServiceRegistry registry = RegistryLookUp.empty();
    kept.add(registry);
    long empty = heap();
    long begun = System.nanoTime();
    RegistryLookUp.fill(registry);
    double register = (System.nanoTime() - begun) / 1e3 / RegistryLookUp.SERVICES;
    double kib = (heap() - empty) / 1024.0 * 1_000 / RegistryLookUp.SERVICES;
    begun = System.nanoTime();
    for (int i = 0; i < flips; i++) {
      registry.reportHealth(
          RegistryLookUp.provider(i),
          i / RegistryLookUp.RUNS % 2 == 0 ? Health.UNHEALTHY : Health.HEALTHY);
    }
    return new Round(kib, register, (System.nanoTime() - begun) / 1e3 / flips);
  }

  private static long heap() {
    System.gc();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static String spread(List<Round> rounds, ToDoubleFunction<Round> value) {
    double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.1f (%.1f–%.1f)",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }
}
