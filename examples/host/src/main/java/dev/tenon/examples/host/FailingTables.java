package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.core.EjectionPolicy;
import dev.tenon.core.RetryPolicy;
import dev.tenon.host.HostBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tables {@code [breaker]}, {@code [ejection]} and {@code [retries]}: what follows when calls
 * fail.
 */
record FailingTables(BreakerPolicy breaker, EjectionPolicy ejection, RetryPolicy retries) {
  private static final Duration LEAST = Duration.ofMillis(10);
  private static final Duration MOST = Duration.ofHours(1);
  private static final int MOST_CALLS = 1_000_000;

  /** Reads the tables of {@code file}; problems are noted in them. */
  static FailingTables read(ConfigTable file) {
    return new FailingTables(
        file.table("breaker").map(FailingTables::breaker).orElse(BreakerPolicy.DEFAULT),
        file.table("ejection").map(FailingTables::ejection).orElse(EjectionPolicy.DEFAULT),
        file.table("retries").map(FailingTables::retries).orElse(RetryPolicy.DEFAULT));
  }

  private static BreakerPolicy breaker(ConfigTable table) {
    BreakerPolicy usual = BreakerPolicy.DEFAULT;
    return new BreakerPolicy(
        number(table, "failures", usual.failures(), 0, BreakerPolicy.MOST),
        duration(table, "open", usual.open()),
        number(table, "successes", usual.successes(), 1, BreakerPolicy.MOST));
  }

  private static EjectionPolicy ejection(ConfigTable table) {
    EjectionPolicy usual = EjectionPolicy.DEFAULT;
    Duration base = duration(table, "base", usual.base());
    Duration most = duration(table, "most", usual.most());
    return new EjectionPolicy(
        number(table, "consecutive", usual.consecutive(), 0, MOST_CALLS),
        number(table, "percent", usual.percent(), 0, 100),
        number(table, "calls", usual.calls(), 1, MOST_CALLS),
        duration(table, "window", usual.window()),
        isOrdered(table, "base", base, most) ? base : usual.base(),
        isOrdered(base, most) ? most : usual.most());
  }

  private static RetryPolicy retries(ConfigTable table) {
    RetryPolicy usual = RetryPolicy.DEFAULT;
    Duration first = duration(table, "first", usual.first());
    Duration most = duration(table, "most", usual.most());
    return new RetryPolicy(
        Set.copyOf(methods(table)),
        number(table, "attempts", usual.attempts(), 1, RetryPolicy.MOST_ATTEMPTS),
        isOrdered(table, "first", first, most) ? first : usual.first(),
        isOrdered(first, most) ? most : usual.most(),
        duration(table, "total", usual.total()));
  }

  private static List<String> methods(ConfigTable table) {
    List<String> methods = table.strings("idempotent");
    try {
      var unused = RetryPolicy.of(Set.copyOf(methods));
      return methods;
    } catch (IllegalArgumentException e) {
      table.problem("idempotent", "got " + e.getMessage());
      return List.of();
    }
  }

  private static boolean isOrdered(ConfigTable table, String key, Duration first, Duration most) {
    if (!isOrdered(first, most)) {
      table.problem(key, "got " + first + " (expected: not longer than most, " + most + ")");
    }
    return isOrdered(first, most);
  }

  private static boolean isOrdered(Duration first, Duration most) {
    return first.compareTo(most) <= 0;
  }

  private static int number(ConfigTable table, String key, int usual, int least, int most) {
    return LimitsTable.number(table, key, usual, least, most);
  }

  private static Duration duration(ConfigTable table, String key, Duration usual) {
    Optional<Duration> read = table.parsed(key, text -> UpkeepConfig.duration(text, LEAST, MOST));
    return read.orElse(usual);
  }

  /** Returns all keys that are read here, and the names of the tables. */
  static Set<String> keys() {
    return Set.of(
        "breaker",
        "failures",
        "open",
        "successes",
        "ejection",
        "consecutive",
        "percent",
        "calls",
        "window",
        "base",
        "retries",
        "idempotent",
        "attempts",
        "first",
        "most",
        "total");
  }

  /** Sets all of it on {@code host}. */
  void configure(HostBuilder host) {
    host.breaker(breaker).ejection(ejection).retries(retries);
  }

  /** Returns the tables. */
  String toToml() {
    StringBuilder toml = new StringBuilder(256);
    entry(toml.append("\n[breaker]\n"), "failures", breaker.failures());
    entry(toml, "open", breaker.open());
    entry(toml, "successes", breaker.successes());
    entry(toml.append("\n[ejection]\n"), "consecutive", ejection.consecutive());
    entry(toml, "percent", ejection.percent());
    entry(toml, "calls", ejection.calls());
    entry(toml, "window", ejection.window());
    entry(toml, "base", ejection.base());
    entry(toml, "most", ejection.most());
    toml.append("\n[retries]\nidempotent = ")
        .append(HostConfig.quoted(List.copyOf(new TreeSet<>(retries.idempotent()))))
        .append('\n');
    entry(toml, "attempts", retries.attempts());
    entry(toml, "first", retries.first());
    entry(toml, "most", retries.most());
    entry(toml, "total", retries.total());
    return toml.toString();
  }

  private static void entry(StringBuilder toml, String key, int value) {
    toml.append(key).append(" = ").append(value).append('\n');
  }

  private static void entry(StringBuilder toml, String key, Duration value) {
    toml.append(key).append(" = \"").append(value).append("\"\n");
  }
}
