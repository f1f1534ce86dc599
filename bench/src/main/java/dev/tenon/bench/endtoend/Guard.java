package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.Samples.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * The one goal that is asked at every change: what Tenon's relay costs by its own relay on
 * grpc-java, which needs no other proxy. A median is judged whatever the spread: a machine that is
 * busy disturbs both.
 */
public final class Guard {
  private static final Goal GOAL = Goal.atMost(0.25);
  private static final Setting SETTING = Setting.UNIX;
  private static final Load LOAD = Load.ONE_CONNECTION;

  private final EndToEnd comparison;

  /**
   * Prepares it.
   *
   * @param bench the folder {@code bench} of the project
   */
  public Guard(Path bench, Plan plan, Consumer<String> progress) {
    comparison =
        new EndToEnd(
            requireNonNull(bench, "bench"),
            requireNonNull(plan, "plan"),
            requireNonNull(progress, "progress"));
  }

  /** What was found: whether it is good, and a line that says so. */
  public record Finding(boolean isMet, String text) {
    /** Checks for null. */
    public Finding {
      requireNonNull(text, "text");
    }
  }

  /**
   * Measures.
   *
   * @throws IOException if something cannot be built or started, or a call fails
   */
  public Finding find() throws IOException, InterruptedException {
    Samples samples =
        comparison.measured(SETTING, EnumSet.of(Way.TENON, Way.RELAY), EnumSet.of(LOAD));
    return find(samples);
  }

  static Finding find(Samples samples) throws IOException {
    for (Sample sample : samples.all()) {
      if (!sample.outcome().isClean()) {
        throw new IOException("calls failed: " + sample);
      }
    }
    Place tenon = new Place(SETTING, LOAD, Way.TENON);
    List<Double> ratios = samples.ratios(tenon, Way.RELAY, Sample::cpuMicros);
    Spread spread = Spread.of(ratios);
    boolean isMet = GOAL.isMetBy(spread.median());
    return new Finding(
        isMet,
        "%s, %s: CPU µs a call %s, relay on grpc-java %s; ratio %s (goal: %s): %s"
            .formatted(
                SETTING.title(),
                LOAD.title(),
                micros(samples, tenon),
                micros(samples, tenon.by(Way.RELAY)),
                spread.text(),
                GOAL.text(),
                isMet ? "met" : "NOT MET"));
  }

  private static String micros(Samples samples, Place place) {
    return Spread.of(samples.clean(place).stream().map(Sample::cpuMicros).toList()).text();
  }
}
