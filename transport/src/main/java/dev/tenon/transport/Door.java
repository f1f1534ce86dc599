package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.SpiffeId;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Which connections a listener takes, decided before the first byte of a peer is read; those of one
 * run once its certificate was.
 *
 * @param limits how many, and for how long
 * @param rule whether one more may come from a TCP address now
 * @param refusals told of peers that were refused in their handshake, or for a cap
 * @param users which users' processes may connect to a Unix socket, beside our own user's; must be
 *     thread-safe and not block
 */
public record Door(ConnectionLimits limits, Rule rule, Refusals refusals, IntPredicate users) {
  /** Whether one more connection may come from a source; must be thread-safe and not block. */
  @FunctionalInterface
  public interface Rule {
    /** Returns whether it may. */
    boolean admits(Source source);
  }

  /** Who is told of peers that were refused; must be thread-safe and not block. */
  public interface Refusals {
    /** Tells nobody. */
    Refusals NONE =
        new Refusals() {
          @Override
          public void refused(Source source, HandshakeFault fault) {}

          @Override
          public void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {}
        };

    /** Notes that a peer from {@code source} was refused in its handshake, for {@code fault}. */
    void refused(Source source, HandshakeFault fault);

    /**
     * Notes that a connection from {@code source} was closed because {@code cap} was reached; of
     * {@code peer}, where that is known.
     */
    void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap);
  }

  /** The default limits, and as many a second as come. */
  public static final Door DEFAULT = new Door(ConnectionLimits.DEFAULT, source -> true);

  /**
   * As {@link #DEFAULT}, for a server with one peer, as a plugin's is: its host makes connections
   * for all plugins that call, and bounds their calls itself.
   */
  public static final Door OF_ONE_PEER =
      new Door(
          new ConnectionLimits(
              ConnectionLimits.DEFAULT.inTotal(),
              ConnectionLimits.DEFAULT.inTotal(),
              ConnectionLimits.DEFAULT.inTotal(),
              ConnectionLimits.DEFAULT.handshakes(),
              ConnectionLimits.MAX_CALLS,
              ConnectionLimits.DEFAULT.age()),
          source -> true);

  /** Checks for null. */
  public Door {
    requireNonNull(limits, "limits");
    requireNonNull(rule, "rule");
    requireNonNull(refusals, "refusals");
    requireNonNull(users, "users");
  }

  /** Makes a door for the processes of our own user. */
  public Door(ConnectionLimits limits, Rule rule, Refusals refusals) {
    this(limits, rule, refusals, uid -> false);
  }

  /** Makes a door that tells nobody of refusals. */
  public Door(ConnectionLimits limits, Rule rule) {
    this(limits, rule, Refusals.NONE);
  }

  /** Returns this door, open to processes of those other users, by uid, whom {@code others} has. */
  public Door withUsers(IntPredicate others) {
    return new Door(limits, rule, refusals, others);
  }
}
