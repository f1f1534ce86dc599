package dev.tenon.router.http2;

import static dev.tenon.router.http2.FrameType.HEADER_BYTES;
import static dev.tenon.router.http2.FrameType.MAX_PAYLOAD;

import dev.tenon.transport.Link;
import java.nio.ByteBuffer;
import java.util.List;

/** Puts frames into the output of a link (RFC 9113, sections 4.1 and 6). For one loop. */
final class FrameWriter {
  private final Link link;
  private final HpackEncoder encoder;

  FrameWriter(Link link, HpackEncoder encoder) {
    this.link = link;
    this.encoder = encoder;
  }

  /** Puts DATA with what {@code content} has left, which is at most one frame's. */
  void data(int stream, ByteBuffer content, boolean ends) {
    int length = content.remaining();
    ByteBuffer out = link.out(HEADER_BYTES + length);
    head(out, length, FrameType.DATA, ends ? FrameType.END_STREAM : 0, stream);
    out.put(content);
  }

  /** Puts DATA with the first {@code length} bytes of {@code queue}. */
  void data(int stream, ByteQueue queue, int length, boolean ends) {
    ByteBuffer out = link.out(HEADER_BYTES + length);
    head(out, length, FrameType.DATA, ends ? FrameType.END_STREAM : 0, stream);
    queue.moveTo(out, length);
  }

  /** Puts HEADERS, and CONTINUATIONs where one frame is too short (section 6.10). */
  void headers(int stream, List<HeaderField> fields, boolean ends) {
    int most = HEADER_BYTES + encoder.maxBegin();
    for (int i = 0; i < fields.size(); i++) {
      most += HpackEncoder.maxEncoded(fields.get(i));
    }
    ByteBuffer out = link.out(most + most / MAX_PAYLOAD * HEADER_BYTES);
    int start = out.position();
    out.position(start + HEADER_BYTES);
    encoder.begin(out);
    for (int i = 0; i < fields.size(); i++) {
      encoder.encode(fields.get(i), out);
    }
    int length = out.position() - start - HEADER_BYTES;
    int flags = ends ? FrameType.END_STREAM : 0;
    if (length <= MAX_PAYLOAD) {
      head(out, start, length, FrameType.HEADERS, flags | FrameType.END_HEADERS, stream);
    } else {
      split(out, start, length, flags, stream);
    }
  }

  private static void split(ByteBuffer out, int start, int length, int flags, int stream) {
    byte[] block = new byte[length];
    out.get(start + HEADER_BYTES, block);
    out.position(start);
    for (int at = 0; at < length; at += MAX_PAYLOAD) {
      int part = Math.min(MAX_PAYLOAD, length - at);
      int type = at == 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
      int end = at + part == length ? FrameType.END_HEADERS : 0;
      head(out, part, type, end | (at == 0 ? flags : 0), stream);
      out.put(block, at, part);
    }
  }

  void reset(int stream, ErrorCode code) {
    ByteBuffer out = link.out(HEADER_BYTES + Integer.BYTES);
    head(out, Integer.BYTES, FrameType.RST_STREAM, 0, stream);
    out.putInt(code.code());
  }

  /** Puts SETTINGS with ids and values in turn. */
  void settings(int... idsAndValues) {
    int length = idsAndValues.length / 2 * Settings.PAIR_BYTES;
    ByteBuffer out = link.out(HEADER_BYTES + length);
    head(out, length, FrameType.SETTINGS, 0, 0);
    for (int i = 0; i < idsAndValues.length; i += 2) {
      out.putShort((short) idsAndValues[i]).putInt(idsAndValues[i + 1]);
    }
  }

  void settingsAck() {
    head(link.out(HEADER_BYTES), 0, FrameType.SETTINGS, FrameType.ACK, 0);
  }

  void ping(long data, boolean ack) {
    ByteBuffer out = link.out(HEADER_BYTES + Long.BYTES);
    head(out, Long.BYTES, FrameType.PING, ack ? FrameType.ACK : 0, 0);
    out.putLong(data);
  }

  void goAway(int lastStream, ErrorCode code) {
    ByteBuffer out = link.out(HEADER_BYTES + 2 * Integer.BYTES);
    head(out, 2 * Integer.BYTES, FrameType.GOAWAY, 0, 0);
    out.putInt(lastStream).putInt(code.code());
  }

  void windowUpdate(int stream, int increment) {
    ByteBuffer out = link.out(HEADER_BYTES + Integer.BYTES);
    head(out, Integer.BYTES, FrameType.WINDOW_UPDATE, 0, stream);
    out.putInt(increment);
  }

  private static void head(ByteBuffer out, int length, int type, int flags, int stream) {
    int at = out.position();
    out.position(at + HEADER_BYTES);
    head(out, at, length, type, flags, stream);
  }

  private static void head(ByteBuffer out, int at, int length, int type, int flags, int stream) {
    out.putInt(at, length << Byte.SIZE | type);
    out.put(at + 4, (byte) flags);
    out.putInt(at + 5, stream);
  }
}
