package dev.tenon.auth;

import java.time.Instant;

/**
 * The moment from which something is over: when either clock reaches it, whichever is first.
 * Thread-safe.
 *
 * <p>What was once seen to be over stays over, so that setting the wall clock back revives nothing.
 */
public final class Expiry {
  private final Clocks clocks;
  private final Instant wall;
  private final long wallEndMillis;
  private final long nanosEnd;
  private volatile boolean over;

  Expiry(Clocks clocks, Instant wall, long nanos) {
    this.clocks = clocks;
    this.wall = wall;
    this.wallEndMillis = wall.plus(clocks.tolerance()).toEpochMilli();
    this.nanosEnd = nanos + clocks.tolerance().toNanos();
  }

  /** Returns whether the moment has come; it has at the very instant. */
  public boolean isOver() {
    if (!over && hasCome()) {
      over = true;
    }
    return over;
  }

  /** Each call asks: an instant is made of more than the milliseconds, by which it is earlier. */
  private boolean hasCome() {
    return clocks.wall().millis() >= wallEndMillis || clocks.nanos().getAsLong() - nanosEnd >= 0;
  }

  /** Returns the moment on the wall clock, without the tolerance of the clocks. */
  public Instant wall() {
    return wall;
  }
}
