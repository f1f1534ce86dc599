package dev.tenon.bench;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;

/** A section of docs/performance.md about one benchmark. Immutable. */
final class ThroughputTable {
  private final String heading;
  private final String parameter;
  private final String introduction;
  private final List<Measurement> measurements;
  private final int processors;

  /**
   * @param parameter what the benchmark's parameter is; empty if it has none
   * @param introduction what is measured, in sentences
   * @param processors how many the machine has
   */
  ThroughputTable(
      String heading,
      String parameter,
      String introduction,
      List<Measurement> measurements,
      int processors) {
    this.heading = requireNonNull(heading, "heading");
    this.parameter = requireNonNull(parameter, "parameter");
    this.introduction = requireNonNull(introduction, "introduction");
    this.measurements = List.copyOf(measurements);
    this.processors = processors;
  }

  /** Returns the section, which ends with a line feed. */
  String text() {
    StringBuilder page = new StringBuilder("## ").append(heading).append("\n\n");
    page.append(
        "Nanoseconds for one in each thread: by the clock, with half of the 99.9 % confidence"
            + " interval, which on a busy machine also\n");
    page.append(
        "counts what others do, and of CPU time. Millions a second of all threads: by the clock,"
            + " and by CPU time, as if the threads\n"
            + "had the ");
    page.append(processors)
        .append(" processors to themselves. ")
        .append(introduction)
        .append("\n\n| benchmark |");
    page.append(parameter.isEmpty() ? "" : " " + parameter + " |");
    page.append(" threads | ns | ± | CPU ns | million/s | million/s by CPU |\n|---|");
    page.append("---:|".repeat(parameter.isEmpty() ? 6 : 7)).append('\n');
    measurements.forEach(measured -> page.append(row(measured)));
    return page.toString();
  }

  private String row(Measurement measured) {
    int atOnce = Math.min(measured.threads(), processors);
    return String.format(
        Locale.ROOT,
        "| %s |%s %d | %.0f | %s | %.0f | %.1f | %.1f |\n",
        measured.benchmark(),
        parameter.isEmpty() ? "" : " " + measured.parameter() + " |",
        measured.threads(),
        measured.nanos(),
        Double.isNaN(measured.error()) ? "–" : String.format(Locale.ROOT, "%.0f", measured.error()),
        measured.cpuNanos(),
        measured.threads() * 1000 / measured.nanos(),
        atOnce * 1000 / measured.cpuNanos());
  }
}
