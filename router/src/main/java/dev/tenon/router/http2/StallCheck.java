package dev.tenon.router.http2;

import java.time.Duration;

/**
 * Ends streams on which bytes wait and their peer takes none, or so few that it might as well take
 * none: it is no peer that reads slowly. For one connection, with one timer, and only while
 * something waits.
 */
final class StallCheck {
  /** How often streams are looked at: one that stalls is ended after one to two of it. */
  static final Duration PERIOD = Duration.ofMinutes(5);

  /** What a peer takes in that time, or all that waits. */
  static final int LEAST_BYTES = 16 * 1024;

  private final Http2Connection connection;
  private boolean isScheduled;

  StallCheck(Http2Connection connection) {
    this.connection = connection;
  }

  /** Something waits. */
  void watch() {
    if (!isScheduled) {
      isScheduled = true;
      var unused = connection.link.loop().schedule(this::check, PERIOD);
    }
  }

  private void check() {
    isScheduled = false;
    if (!connection.isOver()) {
      connection.streams.forEach(this::check);
    }
  }

  private void check(Http2Stream stream) {
    int waiting = stream.queue.size();
    if (waiting == 0) {
      stream.owed = 0;
    } else if (stream.owed > 0) {
      connection.resetByUs(stream, ErrorCode.ENHANCE_YOUR_CALM);
      Http2Connection.tell(stream, StreamHandler.End.BROKEN);
    } else {
      stream.owed = Math.min(waiting, LEAST_BYTES);
      watch();
    }
  }
}
