package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.Load.Unit;
import dev.tenon.bench.endtoend.Samples.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** All measurements of a run, and what they say. Immutable. */
public final class Comparison {
  private static final String NOTHING = "–";

  private final String versions;
  private final int rounds;
  private final Samples samples;

  Comparison(String versions, int rounds, Samples samples) {
    this.versions = requireNonNull(versions, "versions");
    this.rounds = rounds;
    this.samples = requireNonNull(samples, "samples");
  }

  Samples samples() {
    return samples;
  }

  /** Returns the section of docs/performance.md, which ends with a line feed. */
  public String section() {
    StringBuilder text = new StringBuilder("## End to end: the cost of the way\n\n");
    text.append(
        """
        Calls over mTLS (TLS 1.3, AES-128-GCM, P-256; a client certificate on both legs), TCP from the caller to the proxy, and from there to
        the backend TCP, or a Unix socket as Tenon has it by default (direct: TCP in both settings). The proxy has one core, caller and
        backend share another. All proxies are up all the time; one at a time has calls. Rounds: %d, the order shuffled in each. CPU is the run time
        of all threads of the proxy; the JIT compiler's is apart. Numbers are medians, with the lowest and highest round in brackets. A ratio is the
        median of the ratios within each round; where the rounds do not agree (the middle half of them is wider than 30 %% of the median, or
        there are fewer than 3) there is none. What is compared with what, and what is not: [bench/README.md](../bench/README.md).

        Tenon admits, decides, chooses and audits every call; the others only pass it on. From plugin to plugin there is no proxy: CPU is that of
        the provider's JVM, which has the core of the proxies, and serves on grpc-java, once without Tenon and without grants, once as a plugin in
        direct mode. In plain text, for which a host has no option, its relay is measured without a listener: whoever connects is one caller,
        admitted beforehand, and all that a host asks of a call is asked.

        Versions: %s.
        """
            .formatted(rounds, versions));
    for (Setting setting : Setting.values()) {
      setting.loads().forEach(load -> text.append(table(setting, load)));
    }
    text.append(failures());
    return text.toString();
  }

  private String table(Setting setting, Load load) {
    StringBuilder text = new StringBuilder("\n### ");
    text.append(setting.title()).append(": ").append(load.title()).append("\n\n| way |");
    Unit unit = load.unit();
    text.append(" CPU µs/%1$s | JIT µs/%1$s |".formatted(unit.one()));
    for (Way reference : setting.references()) {
      text.append(" CPU / ").append(reference.shortTitle()).append(" |");
    }
    text.append(load.hasLatency() ? " p50 µs | p99 µs |\n" : " " + unit.several() + "/s |\n");
    text.append("|---|---:|---:|").append("---:|".repeat(setting.references().size()));
    text.append(load.hasLatency() ? "---:|---:|\n" : "---:|\n");
    for (Way way : setting.ways()) {
      text.append(row(new Place(setting, load, way)));
    }
    return text.toString();
  }

  private String row(Place place) {
    List<String> cells = new ArrayList<>();
    cells.add(place.way().title());
    cells.add(cell(place, Sample::cpuMicros));
    cells.add(place.way().isJvm() ? cell(place, Sample::compilerMicros) : NOTHING);
    place.setting().references().forEach(reference -> cells.add(ratio(place, reference)));
    if (place.load().hasLatency()) {
      cells.add(cell(place, Sample::p50Micros));
      cells.add(cell(place, Sample::p99Micros));
    } else {
      cells.add(cell(place, Sample::rate));
    }
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private String cell(Place place, ToDoubleFunction<Sample> measure) {
    List<Double> values = samples.clean(place).stream().map(measure::applyAsDouble).toList();
    return values.isEmpty() ? NOTHING : Spread.of(values).text();
  }

  private String ratio(Place place, Way reference) {
    if (place.way() == reference || place.way().isDirect()) {
      return NOTHING;
    }
    return Optional.of(samples.ratios(place, reference, Sample::cpuMicros))
        .filter(Predicate.not(List::isEmpty))
        .map(Spread::of)
        .filter(Spread::isMeaningful)
        .map(Spread::text)
        .orElse(NOTHING);
  }

  private String failures() {
    List<Sample> failed =
        samples.all().stream().filter(sample -> !sample.outcome().isClean()).toList();
    if (failed.isEmpty()) {
      return "\nEvery call had the right answer.\n";
    }
    StringBuilder text = new StringBuilder("\nNot counted above, because calls failed:\n\n");
    for (Sample sample : failed) {
      Outcome outcome = sample.outcome();
      text.append(
          "- %s, %s: %s, round %d: %d right, %d failed, %d unanswered. %s"
              .formatted(
                  sample.way().title(),
                  sample.setting().title(),
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

  /**
   * Returns whether every call through Tenon, and every direct one, had the right answer. What the
   * others fail at is listed.
   */
  public boolean isClean() {
    return samples.all().stream()
        .filter(sample -> sample.way().isJvm() || sample.way().isDirect())
        .allMatch(sample -> sample.outcome().isClean());
  }
}
