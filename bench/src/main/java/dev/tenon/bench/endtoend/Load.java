package dev.tenon.bench.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The kinds of load: unary calls with messages of {@link #MESSAGE_BYTES} both ways. */
enum Load {
  /** A closed loop on one connection. */
  ONE_CONNECTION("1 connection, 32 calls at once", "--streams 32"),

  /** A closed loop on several. */
  EIGHT_CONNECTIONS("8 connections, 100 calls at once on each", "--connections 8 --streams 100"),

  /** An open loop: calls come when they come, whatever became of the earlier ones. */
  FIXED_RATE("2,000 calls a second, Poisson, 1 connection", "--rate 2000");

  static final int MESSAGE_BYTES = 64;

  private final String title;
  private final String options;

  Load(String title, String options) {
    this.title = title;
    this.options = options;
  }

  String title() {
    return title;
  }

  /** Returns what the load generator is told. */
  List<String> options() {
    return List.of(options.split(" ", -1));
  }

  /**
   * Returns whether latency says something: in a closed loop it is only the inverse of the rate.
   */
  boolean hasLatency() {
    return this == FIXED_RATE;
  }

  /** Returns {@code window}, or twice of it where calls are few. */
  Duration window(Duration window) {
    return hasLatency() ? window.multipliedBy(2) : window;
  }

  /** Returns {@code duration} as the load generator reads it. */
  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toMillis() / 1000.0);
  }
}
