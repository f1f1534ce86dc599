package dev.tenon.bench.endtoend;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The kinds of load, and what each of them is counted in. */
enum Load {
  /** A closed loop on one connection. */
  ONE_CONNECTION("64 B, 1 connection, 32 calls at once", Unit.CALL, "Call", "--streams 32"),

  /** A closed loop on several. */
  EIGHT_CONNECTIONS(
      "64 B, 8 connections, 100 calls at once on each",
      Unit.CALL,
      "Call",
      "--connections 8 --streams 100"),

  /** An open loop: calls come when they come, whatever became of the earlier ones. */
  FIXED_RATE("64 B, 2,000 calls a second, Poisson, 1 connection", Unit.CALL, "Call", "--rate 2000"),

  /** Messages that fill a frame and a record of TLS. */
  LONG_MESSAGES(
      "16 KiB, 8 connections, 32 calls at once on each",
      Unit.CALL,
      "Call",
      "--connections 8 --streams 32 --size 16384"),

  /** Each message is sent when the one before it was answered. */
  PING_PONG(
      "64 B there and back on open streams, 1 connection, 32 streams",
      Unit.MESSAGE,
      "Chat",
      "--shape chat --streams 32"),

  /** A hundred messages for each call. */
  SERVER_STREAM(
      "16 KiB from the server, 100 a call, 1 connection, 8 calls at once",
      Unit.MEGABYTE,
      "Pour",
      "--shape pour --streams 8 --size 16384"),

  /** Hardly more than handshakes. */
  CONNECTIONS(
      "a connection for each call of 64 B, one after another", Unit.CONNECTION, "Call", "--fresh");

  /** What CPU time and rate are told of. */
  enum Unit {
    CALL("call"),
    MESSAGE("message"),
    MEGABYTE("MB"),
    CONNECTION("connection");

    private final String word;

    Unit(String word) {
      this.word = word;
    }

    /** Returns the word for one of it. */
    String one() {
      return word;
    }

    /** Returns the word for several of it. */
    String several() {
      return this == MEGABYTE ? word : word + "s";
    }
  }

  private static final double BYTES_OF_MEGABYTE = 1e6;

  private final String title;
  private final Unit unit;
  private final String method;
  private final String options;

  Load(String title, Unit unit, String method, String options) {
    this.title = title;
    this.unit = unit;
    this.method = method;
    this.options = options;
  }

  String title() {
    return title;
  }

  Unit unit() {
    return unit;
  }

  /** Returns what the load generator is told. */
  List<String> options() {
    return List.of(("--path " + Backend.path(method) + " " + options).split(" ", -1));
  }

  /** Returns how many units were right in {@code outcome}. */
  double units(Outcome outcome) {
    return switch (unit) {
      case CALL, CONNECTION -> outcome.calls();
      case MESSAGE -> outcome.messages();
      case MEGABYTE -> outcome.bytes() / BYTES_OF_MEGABYTE;
    };
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
