package dev.tenon.router.relay;

import static java.util.Objects.requireNonNull;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.transport.Link;
import dev.tenon.transport.LinkHandler;
import dev.tenon.transport.RareLog;
import dev.tenon.transport.Source;
import java.time.Duration;

/**
 * The front of a relay: reads the calls of the connections that a listener accepts. Thread-safe.
 */
public final class WireFront implements LinkHandler {
  private static final RareLog LOG = RareLog.of(WireFront.class);

  private final CallHandler handler;
  private final RelayLoops loops;
  private final Limits limits;
  private final KeptOut keptOut = new KeptOut(System::nanoTime);

  /**
   * What one connection may.
   *
   * @param calls most calls at once
   * @param maxMessageBytes longest message in either direction, where no less is agreed on
   * @param age after which its peer is asked to make another, give or take a tenth
   * @param idle after which it is ended, if there is no call
   * @param callIdle after which a call without a deadline is ended, if nothing came either way; at
   *     most half as long later
   */
  public record Limits(
      int calls, int maxMessageBytes, Duration age, Duration idle, Duration callIdle) {
    /** An age or idle time that nothing reaches. */
    public static final Duration EVER = Duration.ofDays(36_500);

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException unless all are positive
     */
    public Limits {
      if (calls < 1
          || maxMessageBytes < 1
          || age.isNegative()
          || age.isZero()
          || idle.isNegative()
          || idle.isZero()
          || callIdle.isNegative()
          || callIdle.isZero()) {
        throw new IllegalArgumentException(
            "limits: "
                + calls
                + " calls, "
                + maxMessageBytes
                + " bytes, age "
                + age
                + ", idle "
                + idle
                + ", of a call "
                + callIdle
                + " (expected: > 0)");
      }
    }
  }

  /** Makes the front whose calls {@code handler} decides about. */
  public WireFront(CallHandler handler, RelayLoops loops, Limits limits) {
    this.handler = requireNonNull(handler, "handler");
    this.loops = requireNonNull(loops, "loops");
    this.limits = requireNonNull(limits, "limits");
  }

  @Override
  public Link.Receiver accepted(Link link) {
    RelayLoop loop = loops.of(link.loop());
    return new FrontConnection(this, loop, link, handler, limits).http2();
  }

  /** A connection is over whose client has used so much of what would be a flood. */
  void ended(FrontConnection connection, int usedPercent) {
    keptOut.add(connection.attributes(), usedPercent);
  }

  /** Returns for how long nothing is read of a connection that has begun. */
  Duration heldFor(FrontConnection connection) {
    return keptOut.heldFor(connection.attributes());
  }

  /** A peer broke HTTP/2; its own bytes are not in the log. */
  void broken(FrontConnection connection, ErrorCode code, String what) {
    Source source = connection.attributes().get(Source.KEY);
    LOG.warn(
        "ended a connection"
            + (source == null ? "" : " from " + source.name())
            + ": "
            + code
            + ", "
            + what);
  }
}
