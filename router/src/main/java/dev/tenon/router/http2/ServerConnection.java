package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.NO_ERROR;
import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;
import static dev.tenon.router.http2.ErrorCode.REFUSED_STREAM;
import static dev.tenon.router.http2.ErrorCode.STREAM_CLOSED;

import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The server's side of a connection. For the loop of its link alone. */
public final class ServerConnection extends Http2Connection {
  /**
   * Most streams that a client begins in one turn of the loop; what comes behind them is read when
   * others have had their turn. So a flood of calls holds up a call of another's for no longer than
   * that many of its own take.
   */
  static final int STREAMS_PER_TURN = 128;

  /** Marks the PING that goes with the first of two GOAWAYs (section 6.8). */
  private static final long RETIRING = 0x7465_6e6f_6e2d_7269L;

  /** Longest time until the client answers that PING. */
  static final Duration RETIRING_LIMIT = Duration.ofSeconds(10);

  private static final List<HeaderField> TOO_LONG =
      List.of(HeaderField.of(":status", "431", HeaderField.Indexing.PLAIN));

  private final Acceptor acceptor;
  private final int maxStreams;
  private final Flusher flusher;
  private final ByteBuffer preface = FrameType.preface();
  private long turnNanos;
  private int begunInTurn;
  private boolean isBegun;
  private boolean isHeld = true;
  private int last;
  private boolean isRetiring;
  private boolean isLeaving;

  /** Who has the streams that a client begins, and is told of their connection. */
  public interface Acceptor {
    /**
     * A stream begins; returns who has it. The list is the connection's own and changes after the
     * call.
     */
    StreamHandler accept(Http2Stream stream, List<HeaderField> head, boolean ends);

    /**
     * Returns for how long from now nothing is to be read that comes behind the client's preface; 0
     * if it may be, and then for good. Asked again when that time has passed.
     */
    Duration heldFor();

    /** The client broke HTTP/2 and was sent away. */
    void broken(ErrorCode code, String what);

    /** The connection is over. */
    void ended();
  }

  /**
   * Makes the server's side of {@code link}. It says nothing before the client's preface has come,
   * and has told {@link Link#begun} by then: so a client that has our SETTINGS is known to those
   * who count connections, and may end the one that this takes the place of.
   *
   * @param maxStreams most streams that a client may have open
   */
  public ServerConnection(Link link, Acceptor acceptor, int maxStreams, Flusher flusher) {
    super(link, Settings.From.CLIENT, maxStreams, flusher);
    this.acceptor = acceptor;
    this.maxStreams = maxStreams;
    this.flusher = flusher;
  }

  /** Calls {@code action} with the handler of each stream that is open; it may end streams. */
  public void forEachHandler(Consumer<StreamHandler> action) {
    streams.forEach(
        stream -> {
          StreamHandler handler = stream.handler;
          if (handler != null) {
            action.accept(handler);
          }
        });
  }

  /**
   * Returns how much the client has done lately of what would end its connection as a flood, in
   * percent.
   */
  public int usedPercent() {
    return floods.usedPercent();
  }

  @Override
  public void received(ByteBuffer bytes) {
    while (preface.hasRemaining() && bytes.hasRemaining()) {
      if (bytes.get() != preface.get()) {
        bytes.position(bytes.limit());
        fail(PROTOCOL_ERROR, "not the preface of HTTP/2");
        return;
      }
    }
    if (!isBegun && !preface.hasRemaining()) {
      isBegun = true;
      link.begun();
      if (isOver()) {
        return;
      }
      begin(
          Settings.MAX_CONCURRENT_STREAMS, maxStreams,
          Settings.INITIAL_WINDOW_SIZE, Inflow.FIRST_WINDOW,
          Settings.MAX_HEADER_LIST_SIZE, MAX_LIST_BYTES);
    }
    if (!holds(bytes)) {
      super.received(bytes);
    }
  }

  /** Returns whether {@code bytes} stay where they are, and sees to it that they come again. */
  private boolean holds(ByteBuffer bytes) {
    if (isHeld && bytes.hasRemaining()) {
      Duration time = acceptor.heldFor();
      isHeld = !time.isZero();
      if (isHeld) {
        link.hold(time);
      }
    }
    return isHeld;
  }

  @Override
  void headers(int id, boolean whole, boolean ends) throws Http2Fault {
    Http2Stream known = streams.get(id);
    if (known != null) {
      trailers(known, whole, ends);
      return;
    }
    if ((id & 1) == 0) {
      throw Http2Fault.ofConnection(PROTOCOL_ERROR, "stream of a server from a client");
    }
    if (id <= last) {
      late(id);
      return;
    }
    last = id;
    if (isLeaving) {
      floods.idle();
      streams.remember(id, /* byUs= */ true); // Above what GOAWAY said: not done (section 6.8).
      return;
    }
    floods.useful();
    countInTurn();
    if (streams.size() >= maxStreams) {
      throw Http2Fault.ofStream(REFUSED_STREAM, id, "more streams than allowed");
    }
    Http2Stream stream = new Http2Stream(this, id, peer.initialWindow(), inflow.first());
    stream.headersSeen = true;
    if (!whole) {
      streams.add(stream);
      stream.remoteEnded = ends;
      writeHeaders(stream, TOO_LONG, /* ends= */ true);
      return;
    }
    stream.lengthLeft = FieldRules.requireRequest(id, fields);
    Incoming.requireLength(stream, 0, ends);
    stream.remoteEnded = ends;
    streams.add(stream);
    stream.handler = acceptor.accept(stream, fields, ends);
    closeIfDone(stream);
  }

  private void countInTurn() {
    if (turnNanos != flusher.turnNanos()) {
      turnNanos = flusher.turnNanos();
      begunInTurn = 0;
    }
    begunInTurn++;
    if (begunInTurn == STREAMS_PER_TURN) {
      reader.pause();
    }
  }

  private void late(int id) throws Http2Fault {
    floods.idle();
    if (streams.wasReset(id)) {
      return; // It was under way when we ended the stream (section 5.1).
    }
    throw streams.hasEnded(id)
        ? Http2Fault.ofConnection(STREAM_CLOSED, "HEADERS of a stream that has ended")
        : Http2Fault.ofConnection(PROTOCOL_ERROR, "stream ids go up"); // section 5.1.1
  }

  private void trailers(Http2Stream stream, boolean whole, boolean ends) throws Http2Fault {
    if (stream.remoteEnded) {
      throw Http2Fault.ofStream(STREAM_CLOSED, stream.id(), "HEADERS after END_STREAM");
    }
    if (!ends || !whole) {
      throw Http2Fault.ofStream(PROTOCOL_ERROR, stream.id(), "trailers too long or without end");
    }
    FieldRules.requireTrailers(stream.id(), fields);
    Incoming.requireLength(stream, 0, ends);
    stream.remoteEnded = true;
    StreamHandler handler = stream.handler;
    if (handler != null) {
      handler.headers(fields, ends);
    }
    closeIfDone(stream);
  }

  /** A whole answer ends a stream whose request has not ended yet (section 8.1). */
  @Override
  void closeIfDone(Http2Stream stream) {
    if (stream.localEnded && !stream.remoteEnded) {
      resetByUs(stream, NO_ERROR);
    } else {
      super.closeIfDone(stream);
    }
  }

  @Override
  void settled() {}

  @Override
  boolean isIdle(int id) {
    return (id & 1) == 0 || id > last;
  }

  @Override
  int lastStream() {
    return last;
  }

  /** The client is about to leave; what is open runs on, and the client closes. */
  @Override
  void goAway(int lastStream) {}

  /** Takes no new streams, and ends the connection when there is none left. */
  @Override
  public void goodbye() {
    leave();
  }

  private void leave() {
    if (!isBegun) {
      end(); // There is nothing that a client could lose, and GOAWAY is no first frame.
      return;
    }
    if (!isLeaving && !isOver()) {
      isLeaving = true;
      frames.goAway(last, NO_ERROR);
      due();
    }
    endIfLeft();
  }

  /** Says twice that it will end, so that no stream under way is lost (section 6.8). */
  @Override
  public void retire() {
    if (!isBegun) {
      end();
    } else if (!isRetiring && !isLeaving && !isOver()) {
      isRetiring = true;
      frames.goAway(Integer.MAX_VALUE, NO_ERROR);
      frames.ping(RETIRING, /* ack= */ false);
      due();
      var unused = link.loop().schedule(this::leave, RETIRING_LIMIT);
    }
  }

  @Override
  void pingAck(long data) {
    if (isRetiring && data == RETIRING) {
      leave();
    }
  }

  @Override
  void streamGone() {
    endIfLeft();
  }

  private void endIfLeft() {
    if (isLeaving && streams.size() == 0) {
      end();
    }
  }

  @Override
  void broken(ErrorCode code, String what) {
    acceptor.broken(code, what);
  }

  @Override
  void ended() {
    acceptor.ended();
  }
}
