package dev.tenon.router.http2;

import static dev.tenon.router.http2.ErrorCode.ENHANCE_YOUR_CALM;

import java.nio.ByteBuffer;

/**
 * A header block that comes in several frames (RFC 9113, sections 4.3 and 6.10), put together. For
 * one loop.
 */
final class HeaderBlock {
  /** Longest block as sent, HEADERS and its CONTINUATIONs together. */
  static final int MAX_BYTES = 32 * 1024;

  /** Most CONTINUATIONs of one block: an honest sender fills each frame (CVE-2024-27316). */
  static final int MAX_CONTINUATIONS = 8;

  private static final int FEWEST_BYTES = 1024;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private int stream; // 0 between blocks
  private boolean endsStream;
  private int continuations;
  private int number;
  private ByteBuffer bytes = NOTHING;

  /** Returns whether a block has begun and not ended. */
  boolean isOpen() {
    return stream != 0;
  }

  /** Returns the stream of the block. */
  int stream() {
    return stream;
  }

  /** Returns whether the stream ends with the block. */
  boolean endsStream() {
    return endsStream;
  }

  /** Returns the number of the block that began last. */
  int number() {
    return number;
  }

  /** Begins with what HEADERS has of the block of {@code ofStream}. */
  void begin(int ofStream, boolean ends, ByteBuffer fragment) throws Http2Fault {
    stream = ofStream;
    endsStream = ends;
    continuations = 0;
    number++;
    put(fragment);
  }

  /**
   * Appends what CONTINUATION has.
   *
   * @throws Http2Fault if there are too many, or the block is too long
   */
  void append(ByteBuffer fragment) throws Http2Fault {
    if (++continuations > MAX_CONTINUATIONS) {
      throw Http2Fault.ofConnection(
          ENHANCE_YOUR_CALM, "more than " + MAX_CONTINUATIONS + " CONTINUATIONs");
    }
    put(fragment);
  }

  private void put(ByteBuffer fragment) throws Http2Fault {
    int size = bytes.position() + fragment.remaining();
    if (size > MAX_BYTES) {
      throw Http2Fault.ofConnection(
          ENHANCE_YOUR_CALM, "header block longer than " + MAX_BYTES + " bytes");
    }
    if (fragment.remaining() > bytes.remaining()) {
      int roomier = Math.min(MAX_BYTES, Math.max(2 * size, FEWEST_BYTES));
      bytes = ByteBuffer.allocate(roomier).put(bytes.flip());
    }
    bytes.put(fragment);
  }

  /** Returns the whole block, and is between blocks again. */
  ByteBuffer end() {
    ByteBuffer whole = bytes.flip();
    bytes = NOTHING;
    stream = 0;
    return whole;
  }
}
