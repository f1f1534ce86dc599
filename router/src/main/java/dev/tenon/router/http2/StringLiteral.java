package dev.tenon.router.http2;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The string literal that was read last (RFC 7541, section 5.2), in memory of its own, which serves
 * the next one too. Not thread-safe.
 */
final class StringLiteral {
  /** More than nearly all strings; more than this is not kept from one block to the next. */
  static final int KEPT_BYTES = 1024;

  private static final byte[] NONE = {};

  private byte[] bytes = NONE;
  private int length;

  /**
   * Reads one from {@code block}.
   *
   * @throws Http2Fault if its length is more than what is left of the block, or its Huffman code is
   *     broken
   */
  void read(ByteBuffer block) throws Http2Fault {
    if (!block.hasRemaining()) {
      throw PrefixedInteger.fault("a string is missing");
    }
    int first = block.get();
    int encoded = PrefixedInteger.read(block, first & 0x7f, 0x7f);
    if (encoded > block.remaining()) {
      throw PrefixedInteger.fault("a string is longer than its block");
    }
    if (first >= 0) {
      room(encoded);
      block.get(bytes, 0, encoded);
      length = encoded;
    } else {
      room(Huffman.maxDecoded(encoded));
      length = Huffman.decode(block, encoded, bytes);
    }
  }

  private void room(int wanted) {
    if (wanted > bytes.length) {
      bytes = new byte[Math.max(wanted, KEPT_BYTES)];
    }
  }

  /** Gives up the memory that a long string took: the connection may be idle from now on. */
  void forget() {
    if (bytes.length > KEPT_BYTES) {
      bytes = NONE;
    }
  }

  int length() {
    return length;
  }

  /** Returns a copy of it. */
  byte[] copy() {
    return Arrays.copyOf(bytes, length);
  }

  /** Returns it as a name; the one object of that name, if it is well known. */
  FieldName name() {
    return WellKnownNames.of(bytes, length);
  }
}
