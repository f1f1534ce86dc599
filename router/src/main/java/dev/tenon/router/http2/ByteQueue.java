package dev.tenon.router.http2;

import java.nio.ByteBuffer;

/** Bytes that wait, first in first out. Takes memory only while there are some. For one loop. */
public final class ByteQueue {
  private static final byte[] NOTHING = {};
  private static final int FEWEST = 512;

  private byte[] bytes = NOTHING;
  private int from;
  private int to;

  /** Returns how many bytes wait. */
  public int size() {
    return to - from;
  }

  /** Appends what is left in {@code part}, and reads it. */
  public void put(ByteBuffer part) {
    int more = part.remaining();
    if (bytes.length - to < more) {
      makeRoom(more);
    }
    part.get(bytes, to, more);
    to += more;
  }

  private void makeRoom(int more) {
    int size = size();
    int all = size + more;
    // A quarter to spare: what peers let wait is memory of ours.
    byte[] roomier = all <= bytes.length ? bytes : new byte[Math.max(FEWEST, all + all / 4)];
    System.arraycopy(bytes, from, roomier, 0, size);
    bytes = roomier;
    from = 0;
    to = size;
  }

  /** Moves the first {@code count} bytes into {@code out}. */
  public void moveTo(ByteBuffer out, int count) {
    out.put(bytes, from, count);
    skip(count);
  }

  /** Returns the first {@code count} bytes, which are taken out with {@link #skip} later. */
  public ByteBuffer peek(int count) {
    return ByteBuffer.wrap(bytes, from, count);
  }

  /** Takes the first {@code count} bytes out. */
  public void skip(int count) {
    from += count;
    if (from == to) {
      clear();
    }
  }

  /** Takes all bytes out. */
  public void clear() {
    bytes = NOTHING;
    from = 0;
    to = 0;
  }
}
