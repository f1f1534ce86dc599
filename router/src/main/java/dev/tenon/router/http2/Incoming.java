package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;
import static dev.tenon.router.http2.ErrorCode.STREAM_CLOSED;

import java.nio.ByteBuffer;

/** What each frame of a peer does to its connection and its streams. For one loop. */
final class Incoming implements FrameReader.Sink {
  private final Http2Connection connection;

  Incoming(Http2Connection connection) {
    this.connection = connection;
  }

  @Override
  public boolean dataBegins(int id, int length) throws Http2Fault {
    connection.inflow.receive(length);
    connection.due(); // The window may have been opened.
    Http2Stream stream = connection.streams.get(id);
    if (stream == null) {
      requireBegun(id);
      connection.floods.idle();
      if (connection.streams.wasReset(id)) {
        return false; // What was under way when we ended it (section 5.1).
      }
      throw Http2Fault.ofStream(STREAM_CLOSED, id, "DATA of a stream that has ended");
    }
    if (stream.remoteEnded) {
      throw Http2Fault.ofStream(STREAM_CLOSED, id, "DATA after END_STREAM");
    }
    if (!stream.headersSeen) {
      throw Http2Fault.ofStream(PROTOCOL_ERROR, id, "DATA before HEADERS"); // section 8.1
    }
    connection.inflow.receive(stream, length);
    return true;
  }

  @Override
  public void data(int id, ByteBuffer part, boolean ends) throws Http2Fault {
    Http2Stream stream = connection.streams.get(id);
    if (stream == null) {
      return; // It ended while its frame was under way.
    }
    if (part.remaining() == 0 && !ends) {
      connection.floods.idle();
      return;
    }
    if (part.remaining() > 0) { // Padding alone is of no use.
      connection.floods.useful();
    }
    requireLength(stream, part.remaining(), ends);
    stream.remoteEnded = ends;
    StreamHandler handler = stream.handler;
    if (handler != null) {
      handler.data(part, ends);
    }
    if (ends) {
      connection.closeIfDone(stream);
    }
  }

  /** A length that was announced is to be kept to (section 8.1.1). */
  static void requireLength(Http2Stream stream, int bytes, boolean ends) throws Http2Fault {
    if (stream.lengthLeft == Http2Stream.ANY_LENGTH) {
      return;
    }
    stream.lengthLeft -= bytes;
    if (stream.lengthLeft < 0 || (ends && stream.lengthLeft > 0)) {
      stream.lengthLeft = Http2Stream.ANY_LENGTH;
      throw Http2Fault.ofStream(PROTOCOL_ERROR, stream.id(), "content-length and DATA differ");
    }
  }

  @Override
  public void dropped(int id, int bytes) {
    Http2Stream stream = connection.streams.get(id);
    if (stream != null) {
      connection.consumed(stream, bytes);
    }
  }

  @Override
  public void headers(int id, ByteBuffer block, boolean ends) throws Http2Fault {
    // Decoded in any case: the table must stay the peer's (sections 4.3 and 5.1).
    boolean whole = connection.decode(block);
    connection.headers(id, whole, ends);
  }

  @Override
  public void priority() throws Http2Fault {
    connection.floods.idle();
  }

  @Override
  public void reset(int id, int code) throws Http2Fault {
    requireBegun(id);
    connection.floods.reset();
    Http2Stream stream = connection.streams.get(id);
    if (stream != null) {
      connection.resetByPeer(stream, ErrorCode.of(code));
    }
  }

  @Override
  public void settings(ByteBuffer pairs) throws Http2Fault {
    connection.floods.settings();
    connection.settings(pairs);
  }

  @Override
  public void settingsAck() throws Http2Fault {
    connection.floods.settings();
    connection.agreed();
  }

  @Override
  public void ping(long data) throws Http2Fault {
    connection.floods.ping();
    connection.frames.ping(data, /* ack= */ true);
    connection.due();
  }

  @Override
  public void pingAck(long data) throws Http2Fault {
    connection.floods.ping();
    connection.pingAck(data);
  }

  @Override
  public void goAway(int lastStream, int code) throws Http2Fault {
    connection.floods.idle();
    connection.goAway(lastStream);
  }

  @Override
  public void windowUpdate(int id, int increment) throws Http2Fault {
    connection.floods.idle();
    if (increment == 0) { // section 6.9
      String what = "WINDOW_UPDATE of 0";
      throw id == 0
          ? Http2Fault.ofConnection(PROTOCOL_ERROR, what)
          : Http2Fault.ofStream(PROTOCOL_ERROR, id, what);
    }
    if (id == 0) {
      connection.outflow.increase(null, increment);
    } else {
      requireBegun(id);
      Http2Stream stream = connection.streams.get(id);
      if (stream == null) {
        return;
      }
      connection.outflow.increase(stream, increment);
    }
    connection.outflow.pump(connection);
  }

  @Override
  public void unknown() throws Http2Fault {
    connection.floods.idle();
  }

  private void requireBegun(int id) throws Http2Fault {
    if (connection.isIdle(id)) {
      throw Http2Fault.ofConnection(PROTOCOL_ERROR, "frame of a stream that has not begun");
    }
  }
}
