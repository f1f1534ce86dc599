package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigTable;
import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.core.CallLimits;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.host.HostLimits;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * The table {@code [limits]}: a rate for each thing that plugins ask for, and how many connections
 * and calls there may be.
 */
final class LimitsTable {
  private static final String CONNECTIONS = "connections";
  private static final String PER_SOURCE = "connections_per_source";
  private static final String PER_RUN = "connections_per_run";
  private static final String HANDSHAKES = "handshakes";
  private static final String CALLS = "calls_per_connection";
  private static final String PER_CALLER = "calls_per_caller";
  private static final String PER_PROVIDER = "calls_per_provider";
  private static final String IN_TOTAL = "calls_in_total";
  private static final String IDLE = "call_idle";
  private static final String BYTES = "connection_bytes_per_second";
  private static final String AGE = "connection_age";

  private LimitsTable() {}

  /** Reads the table; problems are noted in it. */
  static HostLimits read(ConfigTable table) {
    HostLimits limits = HostLimits.DEFAULT;
    for (Limited what : Limited.values()) {
      Optional<ConfigTable> rate = table.table(what.label());
      if (rate.isPresent()) {
        limits = withRate(table, limits, what, rate.get());
      }
    }
    return limits.with(connections(table)).with(calls(table));
  }

  private static HostLimits withRate(
      ConfigTable table, HostLimits limits, Limited what, ConfigTable rate) {
    Rate before = limits.rates().of(what);
    double perSecond = rate.integer("per_second").map(Long::doubleValue).orElse(before.perSecond());
    int burst = rate.integer("burst").map(LimitsTable::clamped).orElse(before.burst());
    try {
      return limits.with(what, new Rate(perSecond, burst));
    } catch (IllegalArgumentException e) {
      table.problem(what.label(), "got " + e.getMessage());
      return limits;
    }
  }

  private static ConnectionLimits connections(ConfigTable table) {
    ConnectionLimits all = ConnectionLimits.DEFAULT;
    return new ConnectionLimits(
        number(table, CONNECTIONS, all.inTotal(), ConnectionLimits.MAX_CONNECTIONS),
        number(table, PER_SOURCE, all.perSource(), ConnectionLimits.MAX_CONNECTIONS),
        number(table, PER_RUN, all.perRun(), ConnectionLimits.MAX_CONNECTIONS),
        number(table, HANDSHAKES, all.handshakes(), ConnectionLimits.MAX_CONNECTIONS),
        number(table, CALLS, all.callsPerConnection(), ConnectionLimits.MAX_CALLS),
        table.parsed(AGE, LimitsTable::age).orElse(all.age()),
        bytesPerSecond(table));
  }

  /** What is too little is noted, and taken for none. */
  private static OptionalLong bytesPerSecond(ConfigTable table) {
    long least = ConnectionLimits.LEAST_BYTES_PER_SECOND;
    Optional<Long> bytes = table.integer(BYTES);
    if (bytes.filter(given -> given < least).isPresent()) {
      table.problem(BYTES, "got " + bytes.get() + " (expected: at least " + least + ")");
      return OptionalLong.empty();
    }
    return bytes.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  private static CallLimits calls(ConfigTable table) {
    CallLimits all = CallLimits.DEFAULT;
    return new CallLimits(
        number(table, PER_CALLER, all.perCaller(), CallLimits.MOST),
        number(table, PER_PROVIDER, all.perProvider(), CallLimits.MOST),
        number(table, IN_TOTAL, all.inTotal(), CallLimits.MOST),
        table.parsed(IDLE, LimitsTable::idle).orElse(all.idle()));
  }

  private static int number(ConfigTable table, String key, int otherwise, int most) {
    return number(table, key, otherwise, 1, most);
  }

  /** Returns an entry; {@code otherwise} if there is none, or if it is out of range and noted. */
  static int number(ConfigTable table, String key, int otherwise, int least, int most) {
    long value = table.integer(key).orElse((long) otherwise);
    if (value < least || value > most) {
      table.problem(key, "got " + value + " (expected: " + least + " to " + most + ")");
      return otherwise;
    }
    return (int) value;
  }

  /** What is out of range stays out of range. */
  private static int clamped(long value) {
    return (int) Math.max(-1, Math.min(value, Integer.MAX_VALUE));
  }

  private static Duration age(String text) {
    return duration(text, ConnectionLimits.LEAST_AGE, ConnectionLimits.MOST_AGE);
  }

  private static Duration idle(String text) {
    return duration(text, CallLimits.LEAST_IDLE, CallLimits.MOST_IDLE);
  }

  private static Duration duration(String text, Duration least, Duration most) {
    try {
      Duration given = Duration.parse(text);
      if (given.compareTo(least) >= 0 && given.compareTo(most) <= 0) {
        return given;
      }
    } catch (DateTimeException e) {
      // As one that is out of range.
    }
    throw new IllegalArgumentException(
        "(expected: an ISO 8601 duration, " + least + " to " + most + ")");
  }

  /** Returns all keys that the table may have. */
  static Set<String> keys() {
    Set<String> keys =
        new TreeSet<>(
            Set.of(
                CONNECTIONS,
                PER_SOURCE,
                PER_RUN,
                HANDSHAKES,
                CALLS,
                PER_CALLER,
                PER_PROVIDER,
                IN_TOTAL,
                IDLE,
                BYTES,
                AGE));
    for (Limited what : Limited.values()) {
      keys.add(what.label());
    }
    return keys;
  }

  /** Returns the entries of the table that reads as {@code limits}. */
  static String toToml(HostLimits limits) {
    StringBuilder toml = new StringBuilder(512);
    for (Limited what : Limited.values()) {
      Rate rate = limits.rates().of(what);
      toml.append(what.label())
          .append(" = { per_second = ")
          .append((long) rate.perSecond())
          .append(", burst = ")
          .append(rate.burst())
          .append(" }\n");
    }
    ConnectionLimits connections = limits.connections();
    entry(toml, CONNECTIONS, connections.inTotal());
    entry(toml, PER_SOURCE, connections.perSource());
    entry(toml, PER_RUN, connections.perRun());
    entry(toml, HANDSHAKES, connections.handshakes());
    entry(toml, CALLS, connections.callsPerConnection());
    entry(toml, PER_CALLER, limits.calls().perCaller());
    entry(toml, PER_PROVIDER, limits.calls().perProvider());
    entry(toml, IN_TOTAL, limits.calls().inTotal());
    entry(toml, IDLE, limits.calls().idle());
    entry(toml, AGE, connections.age());
    connections
        .bytesPerSecond()
        .ifPresent(bytes -> toml.append(BYTES).append(" = ").append(bytes).append('\n'));
    return toml.toString();
  }

  private static void entry(StringBuilder toml, String key, Duration value) {
    toml.append(key).append(" = \"").append(value).append("\"\n");
  }

  private static void entry(StringBuilder toml, String key, int value) {
    toml.append(key).append(" = ").append(value).append('\n');
  }
}
