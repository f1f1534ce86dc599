package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.FRAME_SIZE_ERROR;
import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;
import static dev.tenon.router.http2.FrameType.HEADER_BYTES;
import static dev.tenon.router.http2.FrameType.MAX_PAYLOAD;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what a peer sends into frames (RFC 9113, sections 4 and 6) and checks what a frame alone can
 * break. For one loop.
 *
 * <p>DATA is passed on as it arrives, before its frame is whole. All other frames are small: they
 * are passed on whole, from where they were read if they came in one piece.
 */
final class FrameReader {
  private static final int PRIORITY_BYTES = 5;

  /** Who is told of frames; {@link Http2Fault} ends what it says. */
  interface Sink {
    /**
     * A DATA frame begins, whose {@code length} bytes count against both windows; returns whether
     * anybody wants what is in it.
     */
    boolean dataBegins(int stream, int length) throws Http2Fault;

    /** Some content of the DATA frame that began; with {@code ends} the stream ends after it. */
    void data(int stream, ByteBuffer part, boolean ends) throws Http2Fault;

    /** Bytes of the DATA frame that began which were no content, or which nobody wanted. */
    void dropped(int stream, int bytes);

    void headers(int stream, ByteBuffer block, boolean ends) throws Http2Fault;

    void priority() throws Http2Fault;

    void reset(int stream, int code) throws Http2Fault;

    void settings(ByteBuffer pairs) throws Http2Fault;

    void settingsAck() throws Http2Fault;

    void ping(long data) throws Http2Fault;

    void pingAck(long data) throws Http2Fault;

    void goAway(int lastStream, int code) throws Http2Fault;

    void windowUpdate(int stream, int increment) throws Http2Fault;

    /** A frame of a type that we do not know, which is to be ignored (section 4.1). */
    void unknown() throws Http2Fault;
  }

  private final Sink sink;
  private boolean begun;

  // The frame that is being read. `type` is -1 between frames.
  private final ByteBuffer head = ByteBuffer.allocate(HEADER_BYTES);
  private int type = -1;
  private int length;
  private int flags;
  private int stream;
  private @Nullable ByteBuffer partial;

  // The rest of a DATA frame: content, then padding.
  private int content;
  private int padding;
  private boolean padLengthDue;
  private boolean contentDone;
  private boolean wanted;

  private final HeaderBlock block = new HeaderBlock();
  private boolean isPaused;

  FrameReader(Sink sink) {
    this.sink = sink;
  }

  /** Returns the header block that is being put together. */
  HeaderBlock block() {
    return block;
  }

  /** Has {@link #read} return behind the frame that is told of now, once, whatever is left. */
  void pause() {
    isPaused = true;
  }

  /**
   * Reads on in {@code in}, to its end or a pause; after a fault of a stream the rest of {@code in}
   * can be read.
   */
  void read(ByteBuffer in) throws Http2Fault {
    while ((type >= 0 || in.hasRemaining()) && !isPaused) {
      if (type < 0 && !readHead(in)) {
        return;
      }
      if (type == FrameType.DATA) {
        if (!readData(in)) {
          return;
        }
      } else if (!readWhole(in)) {
        return;
      }
    }
    isPaused = false;
  }

  private boolean readHead(ByteBuffer in) throws Http2Fault {
    if (head.position() == 0 && in.remaining() >= HEADER_BYTES) {
      int at = in.position();
      in.position(at + HEADER_BYTES);
      begin(in.getInt(at), in.get(at + 4), in.getInt(at + 5));
      return true;
    }
    while (head.hasRemaining() && in.hasRemaining()) {
      head.put(in.get());
    }
    if (head.hasRemaining()) {
      return false;
    }
    head.clear();
    begin(head.getInt(0), head.get(4), head.getInt(5));
    return true;
  }

  private void begin(int lengthAndType, int flagBits, int streamBits) throws Http2Fault {
    length = lengthAndType >>> Byte.SIZE;
    flags = flagBits & 0xFF;
    stream = streamBits & Integer.MAX_VALUE; // The reserved bit is ignored (section 4.1).
    int kind = lengthAndType & 0xFF;
    if (!begun && (kind != FrameType.SETTINGS || isSet(FrameType.ACK))) {
      throw connection(PROTOCOL_ERROR, "first frame is not SETTINGS"); // section 3.4
    }
    begun = true;
    if (length > MAX_PAYLOAD) {
      throw connection(FRAME_SIZE_ERROR, "frame of " + length + " bytes");
    }
    if (block.isOpen() && (kind != FrameType.CONTINUATION || stream != block.stream())) {
      throw connection(PROTOCOL_ERROR, "frame within a header block");
    }
    if (kind == FrameType.DATA) {
      beginData();
    }
    type = kind;
  }

  private void beginData() throws Http2Fault {
    requireStream();
    content = length;
    padding = 0;
    contentDone = false;
    padLengthDue = isSet(FrameType.PADDED);
    if (padLengthDue && length == 0) {
      throw connection(FRAME_SIZE_ERROR, "padded DATA without a length");
    }
    wanted = false;
    type = FrameType.DATA; // So that what follows a fault of the stream is skipped.
    wanted = sink.dataBegins(stream, length);
  }

  /** Returns false when more has to come. */
  private boolean readData(ByteBuffer in) throws Http2Fault {
    if (padLengthDue) {
      if (!in.hasRemaining()) {
        return false;
      }
      padding = in.get() & 0xFF;
      padLengthDue = false;
      content = length - 1 - padding;
      if (content < 0) {
        throw connection(PROTOCOL_ERROR, "padding longer than its frame"); // section 6.1
      }
      sink.dropped(stream, 1);
    }
    if (!contentDone) {
      int part = Math.min(content, in.remaining());
      content -= part;
      contentDone = content == 0;
      if (contentDone && padding == 0) {
        type = -1;
      }
      if (part > 0 || contentDone) {
        pass(in, part, contentDone && isSet(FrameType.END_STREAM));
      }
      if (!contentDone) {
        return false;
      }
    }
    int skipped = Math.min(padding, in.remaining());
    if (skipped > 0) {
      in.position(in.position() + skipped);
      padding -= skipped;
      sink.dropped(stream, skipped);
    }
    if (padding > 0) {
      return false;
    }
    type = -1;
    return true;
  }

  private void pass(ByteBuffer in, int part, boolean ends) throws Http2Fault {
    int end = in.position() + part;
    if (!wanted) {
      in.position(end);
      sink.dropped(stream, part);
      return;
    }
    int limit = in.limit();
    in.limit(end);
    try {
      sink.data(stream, in, ends);
    } finally {
      in.limit(limit).position(end);
    }
  }

  /** Returns false when more has to come. */
  private boolean readWhole(ByteBuffer in) throws Http2Fault {
    ByteBuffer kept = partial;
    if (kept == null) {
      if (in.remaining() >= length) {
        int end = in.position() + length;
        int limit = in.limit();
        in.limit(end);
        try {
          dispatch(in);
        } finally {
          in.limit(limit).position(end);
        }
        return true;
      }
      kept = ByteBuffer.allocate(length);
      partial = kept;
    }
    int limit = in.limit();
    in.limit(in.position() + Math.min(kept.remaining(), in.remaining()));
    kept.put(in);
    in.limit(limit);
    if (kept.hasRemaining()) {
      return false;
    }
    partial = null;
    dispatch(kept.flip());
    return true;
  }

  private void dispatch(ByteBuffer payload) throws Http2Fault {
    int kind = type;
    type = -1;
    switch (kind) {
      case FrameType.HEADERS -> headers(payload);
      case FrameType.CONTINUATION -> continuation(payload);
      case FrameType.PRIORITY -> priority(payload);
      case FrameType.RST_STREAM -> {
        requireStream();
        requireLength(4);
        sink.reset(stream, payload.getInt());
      }
      case FrameType.SETTINGS -> settings(payload);
      case FrameType.PUSH_PROMISE ->
          throw connection(PROTOCOL_ERROR, "PUSH_PROMISE"); // sections 6.6 and 8.4: we allow none
      case FrameType.PING -> ping(payload);
      case FrameType.GOAWAY -> {
        requireConnection();
        if (length < 8) {
          throw connection(FRAME_SIZE_ERROR, "GOAWAY of " + length + " bytes");
        }
        sink.goAway(payload.getInt() & Integer.MAX_VALUE, payload.getInt());
      }
      case FrameType.WINDOW_UPDATE -> {
        requireLength(4);
        sink.windowUpdate(stream, payload.getInt() & Integer.MAX_VALUE);
      }
      default -> sink.unknown();
    }
  }

  private void headers(ByteBuffer payload) throws Http2Fault {
    requireStream();
    boolean ends = isSet(FrameType.END_STREAM);
    int pad = 0;
    if (isSet(FrameType.PADDED)) {
      requireAtLeast(payload, 1);
      pad = payload.get() & 0xFF;
    }
    boolean dependsOnItself = false;
    if (isSet(FrameType.PRIORITISED)) {
      requireAtLeast(payload, PRIORITY_BYTES);
      dependsOnItself = (payload.getInt() & Integer.MAX_VALUE) == stream;
      payload.get();
    }
    if (pad > payload.remaining()) {
      throw connection(PROTOCOL_ERROR, "padding longer than its frame"); // section 6.2
    }
    payload.limit(payload.limit() - pad);
    if (dependsOnItself) {
      // RFC 7540, section 5.3.1; for the connection, since the block is not decoded.
      throw connection(PROTOCOL_ERROR, "stream that depends on itself");
    }
    if (isSet(FrameType.END_HEADERS)) {
      sink.headers(stream, payload, ends);
      return;
    }
    block.begin(stream, ends, payload);
  }

  private void continuation(ByteBuffer payload) throws Http2Fault {
    requireStream();
    if (!block.isOpen()) {
      throw connection(PROTOCOL_ERROR, "CONTINUATION without HEADERS"); // section 6.10
    }
    block.append(payload);
    if (isSet(FrameType.END_HEADERS)) {
      boolean ends = block.endsStream();
      sink.headers(stream, block.end(), ends);
    }
  }

  /** Priorities say nothing any more (section 5.3.2), and are checked all the same. */
  private void priority(ByteBuffer payload) throws Http2Fault {
    requireStream();
    if (length != PRIORITY_BYTES) {
      throw Http2Fault.ofStream(
          FRAME_SIZE_ERROR, stream, "PRIORITY of " + length + " bytes"); // section 6.3
    }
    if ((payload.getInt() & Integer.MAX_VALUE) == stream) {
      throw Http2Fault.ofStream(PROTOCOL_ERROR, stream, "stream that depends on itself");
    }
    sink.priority();
  }

  private void settings(ByteBuffer payload) throws Http2Fault {
    requireConnection();
    if (isSet(FrameType.ACK)) {
      requireLength(0);
      sink.settingsAck();
      return;
    }
    if (length % Settings.PAIR_BYTES != 0) {
      throw connection(FRAME_SIZE_ERROR, "SETTINGS of " + length + " bytes"); // section 6.5
    }
    sink.settings(payload);
  }

  private void ping(ByteBuffer payload) throws Http2Fault {
    requireConnection();
    requireLength(Long.BYTES);
    long data = payload.getLong();
    if (isSet(FrameType.ACK)) {
      sink.pingAck(data);
    } else {
      sink.ping(data);
    }
  }

  private boolean isSet(int flag) {
    return (flags & flag) != 0;
  }

  private void requireStream() throws Http2Fault {
    if (stream == 0) {
      throw connection(PROTOCOL_ERROR, "frame of a stream on stream 0");
    }
  }

  private void requireConnection() throws Http2Fault {
    if (stream != 0) {
      throw connection(PROTOCOL_ERROR, "frame of the connection on a stream");
    }
  }

  private void requireLength(int expected) throws Http2Fault {
    if (length != expected) {
      throw connection(FRAME_SIZE_ERROR, "length " + length + " (expected: " + expected + ")");
    }
  }

  private static void requireAtLeast(ByteBuffer payload, int bytes) throws Http2Fault {
    if (payload.remaining() < bytes) {
      throw connection(FRAME_SIZE_ERROR, "frame too short for its flags");
    }
  }

  private static Http2Fault connection(ErrorCode code, String what) {
    return Http2Fault.ofConnection(code, what);
  }
}
