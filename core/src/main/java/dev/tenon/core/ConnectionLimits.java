package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How many connections each listener of a host keeps, and for how long. What would exceed one of
 * them is closed, and room comes back when a connection ends.
 *
 * @param inTotal connections of all peers
 * @param perSource connections of one address or, on a Unix socket, of one user
 * @param perRun connections of one run of a plugin
 * @param handshakes connections that have not finished their handshake; one more ends the eldest of
 *     them, so that silent peers do not keep others out
 * @param callsPerConnection calls at once on one connection
 * @param age how long a connection for calls lives, give or take a tenth, before its peer is asked
 *     to make another; calls that are open go on
 * @param bytesPerSecond how much is read from one connection, and how much is written to it, behind
 *     TLS, over any few seconds; what is more waits at its sender. Empty: as much as it takes.
 */
public record ConnectionLimits(
    int inTotal,
    int perSource,
    int perRun,
    int handshakes,
    int callsPerConnection,
    Duration age,
    OptionalLong bytesPerSecond) {
  /** Greatest limit of connections. */
  public static final int MAX_CONNECTIONS = 65_536;

  /** Greatest limit of calls on one connection. */
  public static final int MAX_CALLS = 10_000;

  /** Shortest age: below it peers would do little but connect. */
  public static final Duration LEAST_AGE = Duration.ofSeconds(1);

  /** Longest age. */
  public static final Duration MOST_AGE = Duration.ofHours(24);

  /** Least that a connection can be held to: with less, its first words would take too long. */
  public static final long LEAST_BYTES_PER_SECOND = 64 * 1024;

  /** The limits of a host that is not told others. */
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(1024, 512, 32, 128, 100, Duration.ofHours(1));

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if one is below its minimum or above its maximum
   */
  public ConnectionLimits {
    check("inTotal", inTotal, MAX_CONNECTIONS);
    check("perSource", perSource, MAX_CONNECTIONS);
    check("perRun", perRun, MAX_CONNECTIONS);
    check("handshakes", handshakes, MAX_CONNECTIONS);
    check("callsPerConnection", callsPerConnection, MAX_CALLS);
    requireNonNull(age, "age");
    requireNonNull(bytesPerSecond, "bytesPerSecond");
    if (age.compareTo(LEAST_AGE) < 0 || age.compareTo(MOST_AGE) > 0) {
      throw new IllegalArgumentException(
          "age: " + age + " (expected: " + LEAST_AGE + " to " + MOST_AGE + ")");
    }
    if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() < LEAST_BYTES_PER_SECOND) {
      throw new IllegalArgumentException(
          "bytesPerSecond: "
              + bytesPerSecond.getAsLong()
              + " (expected: at least "
              + LEAST_BYTES_PER_SECOND
              + ")");
    }
  }

  /** Makes limits without one of bytes. */
  public ConnectionLimits(
      int inTotal,
      int perSource,
      int perRun,
      int handshakes,
      int callsPerConnection,
      Duration age) {
    this(inTotal, perSource, perRun, handshakes, callsPerConnection, age, OptionalLong.empty());
  }

  /** Returns the same limits, and {@code bytes} a second. */
  public ConnectionLimits withBytesPerSecond(long bytes) {
    return new ConnectionLimits(
        inTotal, perSource, perRun, handshakes, callsPerConnection, age, OptionalLong.of(bytes));
  }

  private static void check(String name, int limit, int max) {
    if (limit < 1 || limit > max) {
      throw new IllegalArgumentException(name + ": " + limit + " (expected: 1 to " + max + ")");
    }
  }
}
