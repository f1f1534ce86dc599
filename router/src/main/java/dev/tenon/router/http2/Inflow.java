package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.FLOW_CONTROL_ERROR;

/**
 * What a peer may send of DATA (RFC 9113, section 5.2). For one loop.
 *
 * <p>A stream's window opens again when its bytes were passed on, so that who reads slowly slows
 * down who sends. The connection's opens at once: one slow stream stops no other. So a connection
 * holds at most its streams times their window.
 */
final class Inflow {
  /** What a peer may have under way on one connection. */
  static final int CONNECTION_WINDOW = 1024 * 1024;

  /** What a peer may have under way on one stream; the default, which no SETTINGS need to say. */
  static final int STREAM_WINDOW = Settings.DEFAULT_WINDOW;

  private final FrameWriter frames;
  private int window = CONNECTION_WINDOW;

  Inflow(FrameWriter frames) {
    this.frames = frames;
  }

  /** Opens the window of a connection that begins. */
  void begin() {
    frames.windowUpdate(0, CONNECTION_WINDOW - Settings.DEFAULT_WINDOW);
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
    if (stream.unreturned >= STREAM_WINDOW / 2 && !stream.remoteEnded) {
      frames.windowUpdate(stream.id(), stream.unreturned);
      stream.receiveWindow += stream.unreturned;
      stream.unreturned = 0;
    }
  }
}
