package dev.tenon.router.http2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Types, flags and sizes of frames (RFC 9113, sections 4.1 and 6). */
final class FrameType {
  static final int DATA = 0x0;
  static final int HEADERS = 0x1;
  static final int PRIORITY = 0x2;
  static final int RST_STREAM = 0x3;
  static final int SETTINGS = 0x4;
  static final int PUSH_PROMISE = 0x5;
  static final int PING = 0x6;
  static final int GOAWAY = 0x7;
  static final int WINDOW_UPDATE = 0x8;
  static final int CONTINUATION = 0x9;

  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;
  static final int PRIORITISED = 0x20;

  /** Bytes of the header of each frame. */
  static final int HEADER_BYTES = 9;

  /** Longest payload that every peer takes, and the longest that we take (section 4.2). */
  static final int MAX_PAYLOAD = 16_384;

  /** What each client begins with (RFC 9113, section 3.4). */
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private FrameType() {}

  /** Returns what each client begins with. */
  static ByteBuffer preface() {
    return ByteBuffer.wrap(PREFACE).asReadOnlyBuffer();
  }
}
