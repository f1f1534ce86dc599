package dev.tenon.router.http2;

import java.nio.ByteBuffer;

/**
 * The integers of RFC 7541, section 5.1: a prefix of some bits, and as many groups of 7 bits as it
 * takes. None is larger than {@link Integer#MAX_VALUE} or longer than its prefix and five bytes, be
 * it only zeros.
 */
final class PrefixedInteger {
  /** What the longest takes, with its first byte. */
  static final int MAX_BYTES = 6;

  private static final int MAX_SHIFT = 7 * (MAX_BYTES - 1);

  private PrefixedInteger() {}

  /**
   * Reads on from {@code prefix}, the bits of {@code mask} of the first byte, which was read.
   *
   * @throws Http2Fault if the integer is too large, too long or not whole
   */
  static int read(ByteBuffer in, int prefix, int mask) throws Http2Fault {
    if (prefix < mask) {
      return prefix;
    }
    long value = mask;
    for (int shift = 0; shift < MAX_SHIFT; shift += 7) {
      if (!in.hasRemaining()) {
        throw fault("an integer is cut off");
      }
      int next = in.get();
      value += (long) (next & 0x7f) << shift;
      if (next >= 0) {
        if (value > Integer.MAX_VALUE) {
          throw fault("an integer is too large");
        }
        return (int) value;
      }
    }
    throw fault("an integer is too long");
  }

  /** Writes {@code value}, at least 0; {@code pattern} is what the first byte has beside it. */
  static void write(ByteBuffer out, int pattern, int mask, int value) {
    if (value < mask) {
      out.put((byte) (pattern | value));
      return;
    }
    out.put((byte) (pattern | mask));
    int rest = value - mask;
    while (rest > 0x7f) {
      out.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  /** Makes the fault of a block that cannot be decoded (RFC 9113, section 4.3). */
  static Http2Fault fault(String what) {
    return Http2Fault.ofConnection(ErrorCode.COMPRESSION_ERROR, "header block: " + what);
  }
}
