package dev.tenon.router.http2;

import java.nio.ByteBuffer;

/**
 * Decodes the Huffman code of RFC 7541, section 5.2 and appendix B. Stateless.
 *
 * <p>The code is canonical: codes of one length are consecutive numbers, in the order of their
 * symbols, and shorter ones come first. So the lengths are all there is to know of it.
 */
final class Huffman {
  /** The length of each symbol's code in bits; the last is that of EOS. */
  private static final byte[] LENGTHS = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
  };

  private static final int EOS = 256;
  private static final int SHORTEST = 5;
  private static final int LONGEST = 30;

  /** Codes of up to so many bits, those of nearly all text, are found by one look. */
  private static final int QUICK_BITS = 10;

  /** How many of those there are in 32 bits at least. */
  private static final int QUICK_AT_ONCE = 3;

  /** For each way in which QUICK_BITS may be: length and symbol of the code; 0: a longer code. */
  private static final short[] QUICK = new short[1 << QUICK_BITS];

  /** By length: the end of its codes, exclusive, as the upper bits of 32. */
  private static final long[] END = new long[LONGEST + 1];

  /** By length: what to add to a code to get its symbol's place in SYMBOLS. */
  private static final int[] OFFSET = new int[LONGEST + 1];

  private static final short[] SYMBOLS = new short[EOS + 1];

  static {
    int code = 0;
    int place = 0;
    for (int length = 1; length <= LONGEST; length++) {
      code <<= 1;
      OFFSET[length] = place - code;
      for (int symbol = 0; symbol <= EOS; symbol++) {
        if (LENGTHS[symbol] == length) {
          SYMBOLS[place++] = (short) symbol;
          if (length <= QUICK_BITS) {
            int unused = QUICK_BITS - length;
            for (int i = 0; i < 1 << unused; i++) {
              QUICK[(code << unused) + i] = (short) ((length << 8) | symbol);
            }
          }
          code++;
        }
      }
      END[length] = (long) code << (32 - length);
    }
  }

  private Huffman() {}

  /** Returns how many bytes {@code length} encoded bytes can become at most. */
  static int maxDecoded(int length) {
    return (int) Math.min(8L * length / SHORTEST, Integer.MAX_VALUE - 8);
  }

  /**
   * Decodes the next {@code length} bytes of {@code in}, which is big-endian and has so many, and
   * returns how many bytes of {@code out} they became; it has room for {@link #maxDecoded}.
   *
   * @throws Http2Fault if they have the EOS symbol, or end in anything but up to 7 bits that its
   *     code begins with, which are ones
   */
  static int decode(ByteBuffer in, int length, byte[] out) throws Http2Fault {
    int left = length;
    int size = 0;
    long window = 0; // what is read and not decoded, at its upper end; zeros follow
    int bits = 0; // how many those are
    while (left >= 4) {
      if (bits <= 32) {
        window |= (in.getInt() & 0xffffffffL) << (32 - bits);
        bits += 32;
        left -= 4;
      }
      // No look at `bits`: there are 32, enough for the longest code or for several short ones.
      for (int i = 0; i < QUICK_AT_ONCE; i++) {
        int found = QUICK[(int) (window >>> (64 - QUICK_BITS))];
        if (found == 0) {
          if (i > 0) {
            break;
          }
          found = search(window >>> 32);
          i = QUICK_AT_ONCE;
        }
        int used = found >>> 8;
        out[size++] = (byte) found;
        window <<= used;
        bits -= used;
      }
    }
    while (true) {
      while (bits < LONGEST && left > 0) {
        window |= (in.get() & 0xffL) << (56 - bits);
        bits += 8;
        left--;
      }
      int found = QUICK[(int) (window >>> (64 - QUICK_BITS))];
      if (found == 0) {
        found = search(window >>> 32);
      }
      int used = found >>> 8;
      if (used > bits) {
        checkPadding(window, bits);
        return size;
      }
      out[size++] = (byte) found;
      window <<= used;
      bits -= used;
    }
  }

  private static int search(long window) throws Http2Fault {
    int length = QUICK_BITS + 1;
    while (window >= END[length]) {
      length++;
    }
    int symbol = SYMBOLS[(int) (window >>> (32 - length)) + OFFSET[length]];
    if (symbol == EOS) {
      throw PrefixedInteger.fault("Huffman: EOS");
    }
    return (length << 8) | symbol;
  }

  private static void checkPadding(long window, int bits) throws Http2Fault {
    if (bits > 7) {
      throw PrefixedInteger.fault("Huffman: more than 7 bits of padding");
    }
    if (window != (-1L << (64 - bits)) && bits > 0) {
      throw PrefixedInteger.fault("Huffman: padding that is not of ones");
    }
  }
}
