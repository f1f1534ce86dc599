package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.host.RestartPolicy;
import java.time.Duration;
import java.util.Set;

/** The table {@code [restart]}: how plugins that end by themselves are started again. */
final class RestartTable {
  static final String NAME = "restart";

  private static final String TRIES = "tries";
  private static final String FIRST = "first";
  private static final String MOST = "most";
  private static final String STABLE = "stable";

  private static final Duration LEAST_PAUSE = Duration.ofMillis(10);
  private static final Duration MOST_PAUSE = Duration.ofHours(1);

  private RestartTable() {}

  /** Reads the table; problems are noted in it. */
  static RestartPolicy read(ConfigTable table) {
    RestartPolicy usual = RestartPolicy.DEFAULT;
    int tries = LimitsTable.number(table, TRIES, usual.tries(), 0, RestartPolicy.MAX_TRIES);
    Duration first = duration(table, FIRST, usual.first());
    Duration most = duration(table, MOST, usual.most());
    Duration stable = duration(table, STABLE, usual.stable());
    if (first.compareTo(most) > 0) {
      table.problem(
          FIRST, "got " + first + " (expected: not longer than " + MOST + ", " + most + ")");
      return usual;
    }
    return new RestartPolicy(tries, first, most, stable);
  }

  private static Duration duration(ConfigTable table, String key, Duration usual) {
    return table
        .parsed(key, text -> UpkeepConfig.duration(text, LEAST_PAUSE, MOST_PAUSE))
        .orElse(usual);
  }

  /** Returns all keys that are read here, and the name of the table. */
  static Set<String> keys() {
    return Set.of(NAME, TRIES, FIRST, MOST, STABLE);
  }

  /** Returns the entries of the table. */
  static String toToml(RestartPolicy policy) {
    return TRIES
        + " = "
        + policy.tries()
        + "\n"
        + entry(FIRST, policy.first())
        + entry(MOST, policy.most())
        + entry(STABLE, policy.stable());
  }

  private static String entry(String key, Duration value) {
    return key + " = \"" + value + "\"\n";
  }
}
