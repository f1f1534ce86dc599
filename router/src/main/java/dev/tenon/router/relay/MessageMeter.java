package dev.tenon.router.relay;

import java.nio.ByteBuffer;

/**
 * Follows the messages in one direction of a call by their prefixes (gRPC over HTTP/2,
 * Length-Prefixed-Message: a flag, then four bytes of length), and keeps none. For one loop.
 */
final class MessageMeter {
  private static final int PREFIX_BYTES = 5;

  private final long most;
  private int prefixSeen;
  private long length;
  private long left;

  /**
   * Makes the meter of a direction that begins.
   *
   * @param most bytes of the longest message
   */
  MessageMeter(int most) {
    this.most = most;
  }

  /** Returns whether {@code part}, which is not moved, keeps to the limit. */
  boolean accepts(ByteBuffer part) {
    int at = part.position();
    int end = part.limit();
    while (at < end) {
      if (left > 0) {
        int step = (int) Math.min(left, end - at);
        left -= step;
        at += step;
      } else if (prefixSeen == 0 && end - at >= PREFIX_BYTES) {
        left = part.getInt(at + 1) & 0xFFFF_FFFFL;
        at += PREFIX_BYTES;
        if (left > most) {
          return false;
        }
      } else {
        length = prefixSeen == 0 ? 0 : (length << Byte.SIZE) | (part.get(at) & 0xFF);
        at++;
        if (++prefixSeen == PREFIX_BYTES) {
          prefixSeen = 0;
          left = length;
          if (left > most) {
            return false;
          }
        }
      }
    }
    return true;
  }
}
