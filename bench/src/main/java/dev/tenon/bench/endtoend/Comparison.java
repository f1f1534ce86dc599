package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** All measurements of a run, and what they say. Immutable. */
public final class Comparison {
  private static final String NOTHING = "–";

  private final String versions;
  private final int rounds;
  private final List<Sample> samples;

  Comparison(String versions, int rounds, List<Sample> samples) {
    this.versions = requireNonNull(versions, "versions");
    this.rounds = rounds;
    this.samples = List.copyOf(samples);
  }

  /** Returns the section of docs/performance.md, which ends with a line feed. */
  public String section() {
    StringBuilder text = new StringBuilder("## End to end: the cost of the way\n\n");
    text.append(
        """
        Unary calls of %d bytes each way over mTLS (TLS 1.3, AES-128-GCM, P-256; a client certificate on both legs), TCP from the
        caller to the proxy, a Unix socket from there to the backend, as Tenon has it by default. The proxy has one core, caller and
        backend share another. All proxies are up all the time; one at a time has calls. Rounds: %d, the order shuffled in each. CPU is the run time
        of all threads of the proxy; the JIT compiler's is apart. Numbers are medians, with the lowest and highest round in brackets. A ratio is the
        median of the ratios within each round; where the rounds do not agree (the middle half of them is wider than 30 %% of the median, or
        there are fewer than 3) there is none. What is compared with what, and what is not: [bench/README.md](../bench/README.md).

        Tenon admits, decides, chooses and audits every call; the others only pass it on.

        Versions: %s.
        """
            .formatted(Load.MESSAGE_BYTES, rounds, versions));
    Arrays.stream(Load.values()).forEach(load -> text.append(table(load)));
    text.append(failures());
    return text.toString();
  }

  private String table(Load load) {
    StringBuilder text = new StringBuilder("\n### ").append(load.title()).append("\n\n");
    text.append("| way | CPU µs/call | JIT µs/call | CPU / HAProxy h2 | CPU / byte splice |");
    text.append(load.hasLatency() ? " p50 µs | p99 µs |\n" : " calls/s |\n");
    text.append("|---|---:|---:|---:|---:|").append(load.hasLatency() ? "---:|---:|\n" : "---:|\n");
    for (Way way : Way.values()) {
      text.append(row(way, load));
    }
    return text.toString();
  }

  private String row(Way way, Load load) {
    List<String> cells = new ArrayList<>();
    cells.add(way.title());
    cells.add(cell(way, load, Sample::cpuMicrosPerCall));
    cells.add(way == Way.TENON ? cell(way, load, Sample::compilerMicrosPerCall) : NOTHING);
    cells.add(ratio(way, Way.HAPROXY, load));
    cells.add(ratio(way, Way.SPLICE, load));
    if (load.hasLatency()) {
      cells.add(cell(way, load, sample -> sample.outcome().p50Micros()));
      cells.add(cell(way, load, sample -> sample.outcome().p99Micros()));
    } else {
      cells.add(cell(way, load, sample -> sample.outcome().callsPerSecond()));
    }
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private String cell(Way way, Load load, ToDoubleFunction<Sample> measure) {
    List<Double> values = clean(way, load).stream().map(measure::applyAsDouble).toList();
    return values.isEmpty() ? NOTHING : Spread.of(values).text();
  }

  /** Within rounds, since what disturbs a round disturbs both. */
  private String ratio(Way way, Way reference, Load load) {
    if (way == reference || way == Way.DIRECT) {
      return NOTHING;
    }
    List<Double> ratios = new ArrayList<>();
    for (Sample sample : clean(way, load)) {
      clean(reference, load).stream()
          .filter(other -> other.round() == sample.round())
          .findFirst()
          .ifPresent(other -> ratios.add(sample.cpuMicrosPerCall() / other.cpuMicrosPerCall()));
    }
    return Optional.of(ratios)
        .filter(Predicate.not(List::isEmpty))
        .map(Spread::of)
        .filter(Spread::isMeaningful)
        .map(Spread::text)
        .orElse(NOTHING);
  }

  private List<Sample> clean(Way way, Load load) {
    return samples.stream()
        .filter(sample -> sample.way() == way && sample.load() == load)
        .filter(sample -> sample.outcome().isClean())
        .toList();
  }

  private String failures() {
    List<Sample> failed = samples.stream().filter(sample -> !sample.outcome().isClean()).toList();
    if (failed.isEmpty()) {
      return "\nEvery call had the right answer.\n";
    }
    StringBuilder text = new StringBuilder("\nNot counted above, because calls failed:\n\n");
    for (Sample sample : failed) {
      Outcome outcome = sample.outcome();
      text.append(
          "- %s, %s, round %d: %d right, %d failed, %d unanswered. %s"
              .formatted(
                  sample.way().title(),
                  sample.load().title(),
                  sample.round(),
                  outcome.calls(),
                  outcome.failed(),
                  outcome.unanswered(),
                  outcome.firstFailure())
              .stripTrailing());
      text.append('\n');
    }
    return text.toString();
  }

  /** Returns whether every call of every measurement had the right answer. */
  public boolean isClean() {
    return samples.stream().allMatch(sample -> sample.outcome().isClean());
  }
}
