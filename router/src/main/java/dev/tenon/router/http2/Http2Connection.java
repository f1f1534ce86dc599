package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.ENHANCE_YOUR_CALM;
import static dev.tenon.router.http2.ErrorCode.SETTINGS_TIMEOUT;

import dev.tenon.router.http2.StreamHandler.End;
import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One side of an HTTP/2 connection (RFC 9113): what client and server have in common. For the loop
 * of its link alone.
 *
 * <p>It holds to the specification strictly, as far as a peer's faults cannot be passed on: a fault
 * of a stream ends that stream, any other the connection.
 */
public abstract class Http2Connection implements Link.Receiver {
  /** Longest time until the peer acknowledges our SETTINGS (section 6.5.3). */
  static final Duration SETTINGS_LIMIT = Duration.ofSeconds(5);

  /** Longest time from HEADERS to the end of its block. */
  static final Duration BLOCK_LIMIT = Duration.ofSeconds(5);

  /** Most bytes that wait for a peer which does not read: answers to what it sends, above all. */
  static final int MAX_UNREAD_BYTES = 256 * 1024;

  /** As many more for each stream that may be open, which may all have been answered. */
  static final int UNREAD_BYTES_PER_STREAM = 2 * 1024;

  /** Most metadata of one call, in bytes, as section 6.5.2 counts them. */
  public static final int MAX_LIST_BYTES = 8 * 1024;

  private static final int TABLE_BYTES = 4_096;

  /*
   * `streams` has each stream that either side may still say something on. A stream leaves it before
   * its handler is told that it is over, so what the handler does then changes nothing any more.
   */
  final Link link;
  final Settings peer;
  private final long maxUnread;
  final FloodLimits floods;
  final FrameWriter frames;
  final Outflow outflow;
  final Inflow inflow;
  final StreamTable streams = new StreamTable();
  final List<HeaderField> fields = new ArrayList<>();

  private final HpackEncoder encoder = new HpackEncoder(TABLE_BYTES);
  private final HpackDecoder decoder = new HpackDecoder(TABLE_BYTES, MAX_LIST_BYTES);
  final FrameReader reader = new FrameReader(new Incoming(this));
  private final Flusher flusher;
  private final StallCheck stalls = new StallCheck(this);
  private boolean isDue;
  private boolean isOver;
  private boolean isAgreed;
  private boolean isBlockTimed;

  Http2Connection(Link link, Settings.From peer, int maxStreams, Flusher flusher) {
    this.link = link;
    this.peer = new Settings(peer);
    this.flusher = flusher;
    this.maxUnread = MAX_UNREAD_BYTES + (long) UNREAD_BYTES_PER_STREAM * maxStreams;
    this.floods = new FloodLimits(peer, maxStreams, System::nanoTime);
    this.frames = new FrameWriter(link, encoder);
    this.outflow = new Outflow(link, frames, floods);
    this.inflow = new Inflow(frames);
  }

  /** Puts our SETTINGS, and waits for the peer to acknowledge them. */
  void begin(int... settings) {
    frames.settings(settings);
    inflow.begin();
    due();
    var unused =
        link.loop()
            .schedule(
                () -> {
                  if (!isAgreed) {
                    fail(SETTINGS_TIMEOUT, "SETTINGS were not acknowledged");
                  }
                },
                SETTINGS_LIMIT);
  }

  /** Returns the link below. */
  public final Link link() {
    return link;
  }

  /** Returns how many streams are open. */
  public final int openStreams() {
    return streams.size();
  }

  /** Returns whether the connection is over: nothing is read from it or written to it any more. */
  public final boolean isOver() {
    return isOver;
  }

  // What a link tells.

  @Override
  public void received(ByteBuffer bytes) {
    flusher.reading();
    while (!isOver) {
      try {
        reader.read(bytes);
        break;
      } catch (Http2Fault fault) {
        take(fault);
      }
    }
    if (isOver) {
      bytes.position(bytes.limit());
      flusher.flush(); // Nobody will say that this connection has read what there was.
    } else {
      if (link.pendingBytes() > maxUnread) {
        fail(ENHANCE_YOUR_CALM, "peer does not read what it asked for");
      }
      timeBlock();
    }
  }

  /** A header block that does not end holds its peer's connection and nothing else. */
  private void timeBlock() {
    HeaderBlock block = reader.block();
    if (block.isOpen() && !isBlockTimed) {
      isBlockTimed = true;
      int number = block.number();
      var unused = link.loop().schedule(() -> requireBlockEnded(number), BLOCK_LIMIT);
    }
  }

  private void requireBlockEnded(int number) {
    isBlockTimed = false;
    HeaderBlock block = reader.block();
    if (block.isOpen() && block.number() == number) {
      fail(ENHANCE_YOUR_CALM, "header block without an end");
    } else {
      timeBlock();
    }
  }

  @Override
  public final void readComplete() {
    flusher.flush();
  }

  @Override
  public final void writabilityChanged() {
    if (!isOver && link.isWritable()) {
      outflow.pump(this);
      due();
    }
  }

  @Override
  public final void closed() {
    over();
    flusher.flush();
  }

  // Ends.

  private void take(Http2Fault fault) {
    Http2Stream stream = streams.get(fault.stream());
    // What has not begun cannot be reset (section 6.4).
    if (fault.stream() == 0 || (stream == null && isIdle(fault.stream()))) {
      fail(fault.code(), fault.what());
      return;
    }
    if (stream == null) {
      frames.reset(fault.stream(), fault.code());
      streams.remember(fault.stream(), /* byUs= */ true);
      due();
    } else {
      resetByUs(stream, fault.code());
      tell(stream, End.BROKEN);
    }
    try {
      floods.reset(); // A peer can have us reset streams as fast as it can do so itself.
    } catch (Http2Fault flood) {
      fail(flood.code(), flood.what());
    }
  }

  /** Ends the connection with GOAWAY (section 5.4.1). Idempotent. */
  final void fail(ErrorCode code, String what) {
    if (isOver) {
      return;
    }
    frames.goAway(lastStream(), code);
    link.end();
    broken(code, what);
    over();
  }

  /** Ends the connection, with all that was put before. Idempotent. */
  final void end() {
    if (!isOver) {
      link.end();
      over();
    }
  }

  private void over() {
    if (isOver) {
      return;
    }
    isOver = true;
    streams.forEach(
        stream -> {
          forget(stream, /* byUs= */ true);
          tell(stream, End.LOST);
        });
    ended();
  }

  static void tell(Http2Stream stream, End why) {
    StreamHandler handler = stream.handler;
    if (handler != null) {
      handler.ended(why);
    }
  }

  private void forget(Http2Stream stream, boolean byUs) {
    outflow.drop(stream);
    stream.localEnded = true;
    stream.remoteEnded = true;
    streams.remove(stream, byUs);
  }

  /** Returns the last stream of the peer's that we may have done something for. */
  abstract int lastStream();

  /** The peer was sent away, because it broke HTTP/2. */
  abstract void broken(ErrorCode code, String what);

  /** The connection is over, and all streams were told. */
  abstract void ended();

  /** There is a stream less. */
  abstract void streamGone();

  /** Returns whether {@code id} is of a stream that has not begun yet. */
  abstract boolean isIdle(int id);

  /** A whole header block came; its fields are in {@link #fields} if {@code whole}. */
  abstract void headers(int id, boolean whole, boolean ends) throws Http2Fault;

  abstract void goAway(int lastStream);

  abstract void settled();

  abstract void pingAck(long data);

  final boolean decode(ByteBuffer block) throws Http2Fault {
    return decoder.decode(block, fields);
  }

  final void settings(ByteBuffer pairs) throws Http2Fault {
    int before = peer.initialWindow();
    peer.read(pairs);
    encoder.peerTableSize(peer.tableBytes());
    frames.settingsAck(); // Before anything that they allow, and after all else (section 6.5.3).
    due();
    int difference = peer.initialWindow() - before;
    if (difference != 0) {
      List<Http2Stream> all = new ArrayList<>();
      streams.forEach(all::add);
      outflow.changeInitial(all, difference);
      outflow.pump(this);
    }
    settled();
  }

  final void agreed() {
    if (!isAgreed) {
      isAgreed = true;
      inflow.agreed(streams);
      link.agreed();
    }
  }

  // What streams do.

  final void writeHeaders(Http2Stream stream, List<HeaderField> list, boolean ends) {
    if (!stream.isWritable()) {
      return;
    }
    if (stream.queue.size() > 0) {
      stream.trailersQueued = List.copyOf(list);
      return;
    }
    frames.headers(stream.id(), list, ends);
    floods.useful();
    due();
    if (ends) {
      stream.localEnded = true;
      closeIfDone(stream);
    }
  }

  final int writeData(Http2Stream stream, ByteBuffer part, boolean ends) {
    if (!stream.isWritable()) {
      int unwanted = part.remaining();
      part.position(part.limit());
      return unwanted;
    }
    int written = outflow.write(stream, part, ends);
    due();
    if (stream.queue.size() > 0) {
      stalls.watch();
    }
    if (stream.localEnded) {
      closeIfDone(stream);
    }
    return written;
  }

  /** So much of what waited was written; {@code last}: all of it. */
  final void sentQueued(Http2Stream stream, int bytes, boolean last) {
    due();
    if (last) {
      List<HeaderField> trailers = stream.trailersQueued;
      if (trailers != null) {
        frames.headers(stream.id(), trailers, /* ends= */ true);
      }
      stream.localEnded = trailers != null || stream.endQueued;
    }
    StreamHandler handler = stream.handler;
    if (handler != null) {
      handler.sent(bytes);
    }
    if (stream.localEnded) {
      closeIfDone(stream);
    }
  }

  final void consumed(Http2Stream stream, int bytes) {
    if (bytes > 0 && !stream.remoteEnded) {
      inflow.giveBack(stream, bytes);
      due();
    }
  }

  final void resetByUs(Http2Stream stream, ErrorCode code) {
    if (streams.get(stream.id()) == stream) {
      frames.reset(stream.id(), code);
      due();
      forget(stream, /* byUs= */ true);
      streamGone();
    }
  }

  /** The peer reset {@code stream}. */
  final void resetByPeer(Http2Stream stream, ErrorCode code) {
    forget(stream, /* byUs= */ false);
    tell(
        stream,
        switch (code) {
          case CANCEL, NO_ERROR -> End.CANCELLED;
          case REFUSED_STREAM -> End.REFUSED;
          default -> End.FAILED;
        });
    streamGone();
  }

  /** The peer has done nothing of {@code stream}, and will not. */
  final void refuse(Http2Stream stream) {
    forget(stream, /* byUs= */ true);
    tell(stream, End.REFUSED);
    streamGone();
  }

  /** Takes the stream out once both sides have said all they had to. */
  void closeIfDone(Http2Stream stream) {
    if (stream.localEnded && stream.remoteEnded && streams.get(stream.id()) == stream) {
      forget(stream, /* byUs= */ false);
      streamGone();
    }
  }

  /** Something was put that is to be written. */
  final void due() {
    if (!isDue) {
      isDue = true;
      flusher.add(this);
    }
  }

  final void flush() {
    isDue = false;
    link.flush();
  }
}
