package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.FLOW_CONTROL_ERROR;

/**
 * What a peer may send of DATA (RFC 9113, section 5.2). For one loop.
 *
 * <p>A stream's window opens again when its bytes were passed on, so that who reads slowly slows
 * down who sends. The connection's opens at once: one slow stream stops no other. So what a
 * connection holds is at most its streams times their window, which is small until a stream has
 * moved so much, and its handler lets it have more.
 */
final class Inflow {
  /** What a peer may have under way on one connection. */
  static final int CONNECTION_WINDOW = 1024 * 1024;

  /** What a peer may have under way on a stream at first: more than a message of 16 KiB. */
  static final int FIRST_WINDOW = 32 * 1024;

  /** What it may on a stream that moves more. */
  static final int WIDE_WINDOW = 64 * 1024;

  private final FrameWriter frames;
  private int window = CONNECTION_WINDOW;

  /** What streams begin with; the default, until the peer has our SETTINGS (section 6.9.2). */
  private int first = Settings.DEFAULT_WINDOW;

  Inflow(FrameWriter frames) {
    this.frames = frames;
  }

  /** Opens the window of a connection that begins. */
  void begin() {
    frames.windowUpdate(0, CONNECTION_WINDOW - Settings.DEFAULT_WINDOW);
  }

  /** Returns what a stream begins with. */
  int first() {
    return first;
  }

  /** The peer has our SETTINGS, which change the windows of the streams there are. */
  void agreed(StreamTable streams) {
    int difference = FIRST_WINDOW - first;
    first = FIRST_WINDOW;
    streams.forEach(stream -> stream.receiveWindow += difference);
  }

  /**
   * Takes {@code bytes} on the connection.
   *
   * @throws Http2Fault if there was no room for them
   */
  void receive(int bytes) throws Http2Fault {
    if (bytes > window) {
      throw Http2Fault.ofConnection(FLOW_CONTROL_ERROR, "DATA beyond the connection's window");
    }
    window -= bytes;
    if (window <= CONNECTION_WINDOW / 2) {
      frames.windowUpdate(0, CONNECTION_WINDOW - window);
      window = CONNECTION_WINDOW;
    }
  }

  /**
   * Takes {@code bytes} on {@code stream}.
   *
   * @throws Http2Fault if there was no room for them
   */
  void receive(Http2Stream stream, int bytes) throws Http2Fault {
    if (bytes > stream.receiveWindow) {
      throw Http2Fault.ofStream(FLOW_CONTROL_ERROR, stream.id(), "DATA beyond its window");
    }
    stream.receiveWindow -= bytes;
  }

  /** Gives {@code bytes} of {@code stream} back, when they are enough to be worth a frame. */
  void giveBack(Http2Stream stream, int bytes) {
    stream.unreturned += bytes;
    int enough = stream.isWide ? WIDE_WINDOW / 2 : FIRST_WINDOW / 4 * 3;
    if (stream.unreturned < enough || stream.remoteEnded) {
      return;
    }
    StreamHandler handler = stream.handler;
    if (!stream.isWide && handler != null && handler.widens()) {
      stream.isWide = true;
      stream.unreturned += WIDE_WINDOW - FIRST_WINDOW;
    }
    frames.windowUpdate(stream.id(), stream.unreturned);
    stream.receiveWindow += stream.unreturned;
    stream.unreturned = 0;
  }
}
