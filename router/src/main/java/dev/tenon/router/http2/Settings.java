package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.FLOW_CONTROL_ERROR;
import static dev.tenon.router.http2.ErrorCode.PROTOCOL_ERROR;

import java.nio.ByteBuffer;

/**
 * What a peer wants us to keep to (RFC 9113, section 6.5.2); at first the defaults. For one loop.
 */
final class Settings {
  static final int HEADER_TABLE_SIZE = 0x1;
  static final int ENABLE_PUSH = 0x2;
  static final int MAX_CONCURRENT_STREAMS = 0x3;
  static final int INITIAL_WINDOW_SIZE = 0x4;
  static final int MAX_FRAME_SIZE = 0x5;
  static final int MAX_HEADER_LIST_SIZE = 0x6;

  /** Bytes of one setting in a frame: its id and its value (section 6.5.1). */
  static final int PAIR_BYTES = 6;

  /** The window of a stream, and of a connection, before anybody says otherwise (section 6.9.2). */
  static final int DEFAULT_WINDOW = 65_535;

  private static final int DEFAULT_TABLE_BYTES = 4_096;
  private static final int MAX_FRAME_SIZE_LIMIT = (1 << 24) - 1;

  /** Who sent them: a server may not allow a client to push (section 6.5.2). */
  enum From {
    CLIENT,
    SERVER
  }

  private final From from;
  private int tableBytes = DEFAULT_TABLE_BYTES;
  private int maxStreams = Integer.MAX_VALUE;
  private int initialWindow = DEFAULT_WINDOW;

  Settings(From from) {
    this.from = from;
  }

  /**
   * Takes in the pairs of one frame, in their order.
   *
   * @throws Http2Fault if a value is none that the setting can have
   */
  void read(ByteBuffer pairs) throws Http2Fault {
    while (pairs.hasRemaining()) {
      set(pairs.getShort(), pairs.getInt());
    }
  }

  private void set(int id, int value) throws Http2Fault {
    switch (id) {
      case HEADER_TABLE_SIZE -> tableBytes = atMost(value);
      case ENABLE_PUSH -> {
        if (value != 0 && (value != 1 || from == From.SERVER)) {
          throw Http2Fault.ofConnection(PROTOCOL_ERROR, "SETTINGS_ENABLE_PUSH of " + value);
        }
      }
      case MAX_CONCURRENT_STREAMS -> maxStreams = atMost(value);
      case INITIAL_WINDOW_SIZE -> {
        if (value < 0) {
          throw Http2Fault.ofConnection(
              FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
        }
        initialWindow = value;
      }
      case MAX_FRAME_SIZE -> {
        // What we send is never longer than the least that every peer takes.
        if (value < FrameType.MAX_PAYLOAD || value > MAX_FRAME_SIZE_LIMIT) {
          throw Http2Fault.ofConnection(PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE of " + value);
        }
      }
      default -> {} // Advice, or an unknown setting, which is ignored (section 6.5.2).
    }
  }

  /** Values have 32 bits without a sign; from 2^31 on they limit nothing of ours. */
  private static int atMost(int value) {
    return value < 0 ? Integer.MAX_VALUE : value;
  }

  int tableBytes() {
    return tableBytes;
  }

  int maxStreams() {
    return maxStreams;
  }

  int initialWindow() {
    return initialWindow;
  }
}
