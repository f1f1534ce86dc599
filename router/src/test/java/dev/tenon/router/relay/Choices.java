package dev.tenon.router.relay;

/** What a script does next, from bytes: shrink them, and the script gets shorter and plainer. */
final class Choices {
  private final byte[] bytes;
  private int at;

  Choices(byte[] bytes) {
    this.bytes = bytes;
  }

  boolean isEmpty() {
    return at >= bytes.length;
  }

  /** Returns a number below {@code bound}; 0 once the bytes are used up. */
  int below(int bound) {
    int value = next();
    if (bound > 256) {
      value = value << Byte.SIZE | next();
    }
    return value % bound;
  }

  /** Returns true once in {@code times}, roughly; never once the bytes are used up. */
  boolean oneIn(int times) {
    return below(times) == times - 1;
  }

  private int next() {
    return at < bytes.length ? bytes[at++] & 0xff : 0;
  }
}
