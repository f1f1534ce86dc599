package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.Samples.Place;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** What Tenon is to reach, and whether it does: a section of docs/performance.md. Immutable. */
public final class Goals {
  private final Samples samples;
  private final List<Double> firstCallsSeconds;
  private final InProcessCalls.Times inside;

  /**
   * Takes what was measured.
   *
   * @param firstCallsSeconds how long the first 50,000 calls took, for each round
   */
  public Goals(Comparison comparison, List<Double> firstCallsSeconds, InProcessCalls.Times inside) {
    this.samples = comparison.samples();
    this.firstCallsSeconds = List.copyOf(firstCallsSeconds);
    this.inside = requireNonNull(inside, "inside");
  }

  /** Returns the section, which ends with a line feed. */
  public String section() {
    StringBuilder text = new StringBuilder("## Goals\n\n");
    text.append(
        """
        What the data plane is to reach, as ratios within each round of the comparison below: the median, and in brackets the lowest and the
        highest round. Where rounds do not agree (the middle half of them is wider than 30 % of the median, or there are fewer than 3) there
        is no number. Tenon has all of its checks on.

        | # | measure | goal |\
        """);
    text.append(
        Setting.proxied().stream()
            .map(Setting::title)
            .collect(Collectors.joining(" | ", " ", " |\n")));
    text.append("|---:|---|---|").append("---|".repeat(Setting.proxied().size())).append('\n');
    cpu(text, 1, Load.ONE_CONNECTION, "64 B, 1 × 32: CPU / HAProxy h2", Way.HAPROXY, 0.25);
    cpu(text, 2, Load.ONE_CONNECTION, "the same / byte splice", Way.SPLICE, 1.6);
    plain(text, 3, Load.ONE_CONNECTION, "the same in plain text / HAProxy h2", Way.HAPROXY, 0.25);
    cpu(text, 4, Load.EIGHT_CONNECTIONS, "64 B, 8 × 100: CPU / HAProxy h2", Way.HAPROXY, 0.08);
    rate(text);
    cpu(text, 6, Load.FIXED_RATE, "2,000/s: CPU / byte splice", Way.SPLICE, 1.05);
    latencies(text);
    cpu(text, 9, Load.LONG_MESSAGES, "16 KiB: CPU / byte splice", Way.SPLICE, 0.85);
    cpu(text, 10, Load.PING_PONG, "a message of a stream: CPU / HAProxy h2", Way.HAPROXY, 0.65);
    cpu(text, 11, Load.SERVER_STREAM, "server stream: CPU a MB / nginx", Way.NGINX, 0.70);
    plain(text, 12, Load.SERVER_STREAM, "the same in plain text / nginx", Way.NGINX, 1.2);
    cpu(text, 13, Load.ONE_CONNECTION, "64 B, 1 × 32: CPU / relay on grpc-java", Way.RELAY, 0.25);
    cpu(text, 14, Load.CONNECTIONS, "a connection and one call: CPU / nginx", Way.NGINX, 1.2);
    apart(text);
    direct(text);
    return text.toString();
  }

  private void cpu(
      StringBuilder text, int number, Load load, String title, Way reference, double most) {
    Goal goal = Goal.atMost(most);
    String[] verdicts =
        verdicts(place -> goal.verdict(samples.ratios(place, reference, Sample::cpuMicros)), load);
    row(text, number, title, goal, verdicts);
  }

  /** A host has no option for plain text: what is measured is its relay, beside the rest. */
  private void plain(
      StringBuilder text, int number, Load load, String title, Way reference, double most) {
    Goal goal = Goal.atMost(most);
    Place relay = new Place(Setting.PLAIN, load, Way.PLAIN_RELAY);
    row(
        text,
        number,
        title + " (the relay alone, on loopback)",
        goal,
        goal.verdict(samples.ratios(relay, reference, Sample::cpuMicros)));
  }

  private void rate(StringBuilder text) {
    Goal goal = Goal.atLeast(0.90);
    String[] verdicts =
        verdicts(
            place -> goal.verdict(samples.ratios(place, Way.DIRECT, Sample::rate)),
            Load.EIGHT_CONNECTIONS);
    row(text, 5, "64 B, 8 × 100: calls/s / direct", goal, verdicts);
  }

  private void latencies(StringBuilder text) {
    Goal added = Goal.atMost(1);
    row(
        text,
        7,
        "2,000/s: what is added to the direct p50 / what the byte splice adds",
        added,
        verdicts(
            place ->
                added.verdict(
                    samples.ratiosOfAdded(place, Way.SPLICE, Way.DIRECT, Sample::p50Micros)),
            Load.FIXED_RATE));
    Goal slowest = Goal.atMost(1.25);
    ToDoubleFunction<Sample> p99 = Sample::p99Micros;
    row(
        text,
        8,
        "2,000/s: p99 / byte splice (A/A: direct / itself)",
        slowest,
        verdicts(
            place -> {
              List<Double> same = samples.ratios(place.by(Way.DIRECT_AGAIN), Way.DIRECT, p99);
              String met = slowest.verdict(samples.ratios(place, Way.SPLICE, p99), same);
              return same.isEmpty() ? met : met + "; A/A " + Spread.of(same).text();
            },
            Load.FIXED_RATE));
  }

  /** What no proxy has a part in. */
  private void apart(StringBuilder text) {
    Goal nanos = new Goal(300, /* isMost= */ true, " ns");
    row(
        text,
        15,
        "a call of a plugin inside the host that never blocks",
        nanos,
        nanos.verdict(inside.plugin()));
    Goal inner = Goal.atMost(0.3);
    row(
        text,
        15,
        "the same / grpc-java's transport inside a process",
        inner,
        inner.verdict(inside.ratios())
            + "; of a service that may block "
            + Spread.of(inside.blocking()).text()
            + " ns");
    Goal seconds = new Goal(1.5, /* isMost= */ true, " s");
    row(
        text,
        16,
        "the first 50,000 calls of a new JVM, with an archive of its classes",
        seconds,
        "–",
        seconds.verdict(firstCallsSeconds));
  }

  /**
   * Direct mode beside the same server without it. Two JVMs of one program differ, by more than two
   * measurements of one: what is no worse than that is good.
   */
  private void direct(StringBuilder text) {
    direct(text, Load.ONE_CONNECTION, "64 B, 1 × 32: CPU", Sample::cpuMicros);
    direct(text, Load.FIXED_RATE, "64 B, 2,000/s: p50", Sample::p50Micros);
    direct(text, Load.PING_PONG, "a message of a stream: CPU", Sample::cpuMicros);
  }

  private void direct(
      StringBuilder text, Load load, String title, ToDoubleFunction<Sample> measure) {
    Goal goal = Goal.atMost(1.05);
    Place granted = new Place(Setting.PLUGINS, load, Way.DIRECT_MODE);
    List<Double> same =
        samples.ratios(granted.by(Way.PLUGIN_SERVER_AGAIN), Way.PLUGIN_SERVER, measure);
    String met = goal.verdict(samples.ratios(granted, Way.PLUGIN_SERVER, measure), same);
    String apart = same.isEmpty() ? "" : "; A/A " + Spread.of(same).text();
    text.append(
        "| direct | from plugin to plugin, %s / grpc-java without Tenon (A/A: another JVM) | %s | %s%s | – |\n"
            .formatted(title, goal.text(), met, apart));
  }

  private interface Judge {
    String verdict(Place tenon);
  }

  private static String[] verdicts(Judge judge, Load load) {
    return Setting.proxied().stream()
        .map(setting -> judge.verdict(new Place(setting, load, Way.TENON)))
        .toArray(String[]::new);
  }

  private static void row(
      StringBuilder text, int number, String title, Goal goal, String... verdicts) {
    text.append("| %d | %s | %s |".formatted(number, title, goal.text()));
    for (int i = 0; i < Setting.proxied().size(); i++) {
      text.append(' ').append(i < verdicts.length ? verdicts[i] : "–").append(" |");
    }
    text.append('\n');
  }
}
