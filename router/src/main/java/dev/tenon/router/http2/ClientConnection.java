package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;
import static dev.tenon.router.http2.ErrorCode.STREAM_CLOSED;

import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.util.List;

/** The client's side of a connection. For the loop of its link alone. */
public final class ClientConnection extends Http2Connection {
  /** From here on another connection is made: ids go up to 2^31-1 and are not used again. */
  private static final int LAST_ID = 1 << 30;

  /** More are not opened, whatever the server takes. */
  static final int MOST_STREAMS = 10_000;

  private final Listener listener;
  private int next = 1;
  private boolean isReady;
  private boolean isLeft;

  /** Who uses the connection. */
  public interface Listener {
    /** Streams can be opened, or one more. */
    void roomMade();

    /** No new stream can be opened here any more; what is open runs on. */
    void leaving();

    /** The server broke HTTP/2 and was left. */
    void broken(ErrorCode code, String what);

    /** The connection is over. */
    void ended();
  }

  /** Makes the client's side of {@code link}, and sends the preface and SETTINGS. */
  public ClientConnection(Link link, Listener listener, Flusher flusher) {
    super(link, Settings.From.SERVER, MOST_STREAMS, flusher);
    this.listener = listener;
    ByteBuffer unused = link.out(FrameType.preface().remaining()).put(FrameType.preface());
    begin(
        Settings.ENABLE_PUSH,
        0,
        Settings.INITIAL_WINDOW_SIZE,
        Inflow.FIRST_WINDOW,
        Settings.MAX_HEADER_LIST_SIZE,
        MAX_LIST_BYTES);
  }

  /** Returns whether a stream can be opened now. */
  public boolean canOpen() {
    return isReady
        && !isLeft
        && !isOver()
        && streams.size() < Math.min(MOST_STREAMS, peer.maxStreams());
  }

  /**
   * Begins a stream with {@code head}.
   *
   * @throws IllegalStateException unless {@link #canOpen}
   */
  public Http2Stream open(List<HeaderField> head, boolean ends, StreamHandler handler) {
    if (!canOpen()) {
      throw new IllegalStateException("connection: takes no stream (expected: one that does)");
    }
    Http2Stream stream = new Http2Stream(this, next, peer.initialWindow(), inflow.first());
    next += 2;
    stream.handler = handler;
    streams.add(stream);
    writeHeaders(stream, head, ends);
    if (next >= LAST_ID) {
      leave();
    }
    return stream;
  }

  private void leave() {
    if (!isLeft) {
      isLeft = true;
      listener.leaving();
      endIfLeft();
    }
  }

  @Override
  void headers(int id, boolean whole, boolean ends) throws Http2Fault {
    Http2Stream stream = streams.get(id);
    if (stream == null) {
      if (isIdle(id)) {
        throw Http2Fault.ofConnection(PROTOCOL_ERROR, "answer to what was not asked");
      }
      floods.idle();
      return;
    }
    if (stream.remoteEnded) {
      throw Http2Fault.ofStream(STREAM_CLOSED, id, "HEADERS after END_STREAM");
    }
    StreamHandler handler = stream.handler;
    if (!whole) {
      resetByUs(stream, ErrorCode.CANCEL);
      if (handler != null) {
        handler.headersTooLong();
      }
      return;
    }
    if (stream.headersSeen) {
      if (!ends) {
        throw Http2Fault.ofStream(PROTOCOL_ERROR, id, "trailers without an end");
      }
      FieldRules.requireTrailers(id, fields);
    } else if (FieldRules.requireResponse(id, fields)) {
      if (ends) {
        throw Http2Fault.ofStream(PROTOCOL_ERROR, id, "interim response with an end");
      }
      floods.idle();
      return; // The final one is still to come (section 8.1).
    }
    floods.useful();
    stream.headersSeen = true;
    stream.remoteEnded = ends;
    if (handler != null) {
      handler.headers(fields, ends);
    }
    closeIfDone(stream);
  }

  @Override
  void settled() {
    isReady = true;
    listener.roomMade();
  }

  @Override
  boolean isIdle(int id) {
    return (id & 1) == 0 || id >= next;
  }

  /** A server begins no streams here. */
  @Override
  int lastStream() {
    return 0;
  }

  /** What the server has not done and will not do can be done elsewhere (section 6.8). */
  @Override
  void goAway(int lastStream) {
    leave();
    streams.forEach(
        stream -> {
          if (stream.id() > lastStream) {
            refuse(stream);
          }
        });
  }

  @Override
  void pingAck(long data) {}

  @Override
  void streamGone() {
    if (!isLeft) {
      listener.roomMade();
    }
    endIfLeft();
  }

  /** Ends the connection when what is open has ended. Idempotent. */
  @Override
  public void retire() {
    leave();
  }

  @Override
  public void goodbye() {
    leave();
  }

  private void endIfLeft() {
    if (isLeft && streams.size() == 0) {
      end();
    }
  }

  @Override
  void broken(ErrorCode code, String what) {
    listener.broken(code, what);
  }

  @Override
  void ended() {
    listener.ended();
  }
}
