package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Frames of a peer, lawful or not, one after the other. Header blocks use no dynamic table. */
public final class Frames {
  private static final String[] CALL = {
    ":method: POST",
    ":scheme: https",
    ":path: /a.B/C",
    ":authority: x",
    "content-type: application/grpc",
    "te: trailers",
  };

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Returns the head of a call of gRPC, with {@code more} fields. */
  public static String[] call(String... more) {
    String[] head = Arrays.copyOf(CALL, CALL.length + more.length);
    System.arraycopy(more, 0, head, CALL.length, more.length);
    return head;
  }

  /** Returns the head of an answer. */
  public static String[] answer() {
    return new String[] {":status: 200", "content-type: application/grpc"};
  }

  /** Returns the end of an answer. */
  public static String[] trailers() {
    return new String[] {"grpc-status: 0"};
  }

  /** Begins with nothing. */
  public Frames() {}

  /** Begins as a client does that is content with our settings. */
  public static Frames ofClient() {
    Frames frames = new Frames();
    frames.out.writeBytes(PREFACE);
    return frames.settings().settingsAck();
  }

  /** Begins as a server does. */
  public static Frames ofServer(int... settings) {
    return new Frames().settings(settings).settingsAck();
  }

  /** Appends a frame. */
  public Frames frame(int type, int flags, int stream, byte... payload) {
    return frame(payload.length, type, flags, stream, payload);
  }

  /** Appends a frame that says it is of {@code length}. */
  public Frames frame(int length, int type, int flags, int stream, byte... payload) {
    out.writeBytes(
        ByteBuffer.allocate(FrameType.HEADER_BYTES + payload.length)
            .putInt(length << Byte.SIZE | type)
            .put((byte) flags)
            .putInt(stream)
            .put(payload)
            .array());
    return this;
  }

  /** Appends SETTINGS with ids and values in turn. */
  public Frames settings(int... idsAndValues) {
    ByteBuffer pairs = ByteBuffer.allocate(3 * idsAndValues.length);
    for (int i = 0; i < idsAndValues.length; i += 2) {
      pairs.putShort((short) idsAndValues[i]).putInt(idsAndValues[i + 1]);
    }
    return frame(FrameType.SETTINGS, 0, 0, pairs.array());
  }

  /** Appends what acknowledges SETTINGS. */
  public Frames settingsAck() {
    return frame(FrameType.SETTINGS, FrameType.ACK, 0);
  }

  /** Appends HEADERS with "name: value" texts. */
  public Frames headers(int stream, boolean ends, String... fields) {
    int flags = FrameType.END_HEADERS | (ends ? FrameType.END_STREAM : 0);
    return frame(FrameType.HEADERS, flags, stream, block(fields));
  }

  /** Appends HEADERS and one CONTINUATION for each further part of the block. */
  public Frames split(int stream, boolean ends, int parts, String... fields) {
    byte[] block = block(fields);
    int begin = 0;
    for (int part = 0; part < parts; part++) {
      int end = block.length * (part + 1) / parts;
      int flags = part == parts - 1 ? FrameType.END_HEADERS : 0;
      int type = part == 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
      flags |= part == 0 && ends ? FrameType.END_STREAM : 0;
      frame(type, flags, stream, Arrays.copyOfRange(block, begin, end));
      begin = end;
    }
    return this;
  }

  /** Returns a header block of "name: value" texts. */
  public static byte[] block(String... texts) {
    List<HeaderField> fields = new ArrayList<>();
    for (String text : texts) {
      fields.add(Blocks.field(text, Indexing.PLAIN));
    }
    ByteBuffer block = Blocks.encode(new HpackEncoder(4096), fields);
    byte[] bytes = new byte[block.remaining()];
    block.get(bytes);
    return bytes;
  }

  /** Appends DATA. */
  public Frames data(int stream, boolean ends, byte... content) {
    return frame(FrameType.DATA, ends ? FrameType.END_STREAM : 0, stream, content);
  }

  /** Appends DATA with padding. */
  public Frames padded(int stream, boolean ends, int padding, byte... content) {
    byte[] payload = new byte[1 + content.length + padding];
    payload[0] = (byte) padding;
    System.arraycopy(content, 0, payload, 1, content.length);
    int flags = FrameType.PADDED | (ends ? FrameType.END_STREAM : 0);
    return frame(FrameType.DATA, flags, stream, payload);
  }

  /** Appends {@code bytes} of DATA in frames as long as they may be. */
  public Frames much(int stream, boolean ends, int bytes) {
    for (int at = 0; at < bytes; at += FrameType.MAX_PAYLOAD) {
      int part = Math.min(FrameType.MAX_PAYLOAD, bytes - at);
      data(stream, ends && at + part == bytes, new byte[part]);
    }
    return this;
  }

  /** Appends RST_STREAM. */
  public Frames reset(int stream, ErrorCode code) {
    return frame(FrameType.RST_STREAM, 0, stream, ints(code.code()));
  }

  /** Appends PING. */
  public Frames ping(long data) {
    return frame(FrameType.PING, 0, 0, ByteBuffer.allocate(Long.BYTES).putLong(data).array());
  }

  /** Appends the answer to a PING. */
  public Frames pingAck(long data) {
    byte[] payload = ByteBuffer.allocate(Long.BYTES).putLong(data).array();
    return frame(FrameType.PING, FrameType.ACK, 0, payload);
  }

  /** Appends WINDOW_UPDATE. */
  public Frames window(int stream, int increment) {
    return frame(FrameType.WINDOW_UPDATE, 0, stream, ints(increment));
  }

  /** Appends GOAWAY. */
  public Frames goAway(int last, ErrorCode code) {
    return frame(FrameType.GOAWAY, 0, 0, ints(last, code.code()));
  }

  /** Appends PRIORITY. */
  public Frames priority(int stream, int on) {
    byte[] payload = ByteBuffer.allocate(5).putInt(on).put((byte) 7).array();
    return frame(FrameType.PRIORITY, 0, stream, payload);
  }

  /** Appends what others have. */
  public Frames raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  /** Returns all of it. */
  public byte[] bytes() {
    return out.toByteArray();
  }
}
