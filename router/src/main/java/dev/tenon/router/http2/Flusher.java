package dev.tenon.router.http2;

import dev.tenon.transport.Loop;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes what the connections of one loop have put, once a turn: when a connection has read what
 * there was to read, or after the task that put it. For its loop.
 */
public final class Flusher {
  private final Loop loop;
  private final List<Http2Connection> due = new ArrayList<>();
  private boolean isReading;
  private long turnNanos = System.nanoTime();
  private boolean isScheduled;

  /** Makes the flusher of {@code loop}. */
  public Flusher(Loop loop) {
    this.loop = loop;
  }

  /** A connection reads, and will say when it has. */
  void reading() {
    if (!isReading) {
      isReading = true;
      turnNanos = System.nanoTime();
    }
  }

  /**
   * Returns when what is read in this turn was there, by {@link System#nanoTime}: a clock for each
   * turn, and not for each call.
   */
  public long turnNanos() {
    return turnNanos;
  }

  /** Writes all that is due. */
  void flush() {
    isReading = false;
    for (int i = 0; i < due.size(); i++) {
      due.get(i).flush();
    }
    due.clear();
  }

  void add(Http2Connection connection) {
    due.add(connection);
    if (!isReading && !isScheduled) {
      isScheduled = true;
      loop.execute(
          () -> {
            isScheduled = false;
            flush();
          });
    }
  }
}
