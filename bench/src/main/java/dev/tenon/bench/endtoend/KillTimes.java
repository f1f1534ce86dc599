package dev.tenon.bench.endtoend;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** How long it took after each kill of one kind until calls were answered again. */
final class KillTimes {
  private static final double MOST = Double.POSITIVE_INFINITY;

  /** Upper ends of the histogram's bars, in milliseconds. */
  private static final double[] BARS = {
    10, 20, 30, 50, 75, 100, 200, 500, 750, 1_000, 1_250, 1_500, 2_000, MOST
  };

  private final String name;
  private final List<Long> nanos = new ArrayList<>();
  private final List<Integer> failed = new ArrayList<>();

  KillTimes(String name) {
    this.name = name;
  }

  /** Adds one kill; {@code failed} calls were not answered meanwhile. */
  void add(long nanos, int failed) {
    this.nanos.add(nanos);
    this.failed.add(failed);
  }

  private String millis(double share) {
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return String.format(Locale.ROOT, "%.1f", sorted[Math.max(0, index)] / 1e6);
  }

  private String failedCalls() {
    int[] sorted = failed.stream().mapToInt(Integer::intValue).sorted().toArray();
    return sorted[sorted.length / 2] + " (at most " + sorted[sorted.length - 1] + ")";
  }

  /** Returns how many took longer than {@code above} and at most {@code upTo} milliseconds. */
  private long between(double above, double upTo) {
    return nanos.stream()
        .mapToDouble(each -> each / 1e6)
        .filter(millis -> millis > above && millis <= upTo)
        .count();
  }

  /** Returns the section of docs/performance.md about all {@code cases}. */
  static String section(KillTimes... cases) {
    StringBuilder text =
        new StringBuilder(
            """
            ## Recovery after a kill

            A plugin on the SDK, a JVM of 64 MB with an archive of its classes (JDK class data sharing, [getting-started.md](getting-started.md)), is killed (SIGKILL) right after it has
            answered, while its caller, in the host, calls on: each call is made once, without a retry, and 2 ms after one that failed. The time ends with the first of 20 answers in
            a row from another process. With a standby, a second run of the plugin that had no call before, it begins with the signal. Alone it begins when the back-off has ended
            and the next run is launched. What fails is what was in flight at the killed run or came before its end was known, and alone all calls until there is a run again.

            """);
    List<KillTimes> all = List.of(cases);
    line(text, "", all, times -> times.name);
    text.append("|---|").append("---:|".repeat(all.size())).append('\n');
    line(text, "kills", all, times -> Integer.toString(times.nanos.size()));
    line(text, "p50, ms", all, times -> times.millis(0.5));
    line(text, "p90, ms", all, times -> times.millis(0.9));
    line(text, "p99, ms", all, times -> times.millis(0.99));
    line(text, "longest, ms", all, times -> times.millis(1));
    line(text, "failed calls a kill, median", all, KillTimes::failedCalls);
    double above = 0;
    for (double upTo : BARS) {
      double from = above;
      String bar = upTo == MOST ? "longer" : String.format(Locale.ROOT, "up to %,.0f ms", upTo);
      line(text, bar, all, times -> Long.toString(times.between(from, upTo)));
      above = upTo;
    }
    return text.toString();
  }

  private static void line(
      StringBuilder text, String what, List<KillTimes> all, Function<KillTimes, String> value) {
    text.append("| ").append(what).append(" |");
    all.forEach(times -> text.append(' ').append(value.apply(times)).append(" |"));
    text.append('\n');
  }
}
