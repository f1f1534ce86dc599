package dev.tenon.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What was put into a link and not flushed, in a buffer of its channel's allocator. For one event
 * loop.
 *
 * <p>Its callers get a view that ends where their buffer does: behind it, in the same memory, are
 * the bytes of other connections.
 */
final class Outbox {
  /** First size of a buffer, and the largest that is expected because of what was put before. */
  private static final int LEAST_BYTES = 4 * 1024;

  private static final int MOST_EXPECTED_BYTES = 128 * 1024;

  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  private final ByteBufAllocator allocator;
  private @Nullable ByteBuf buffer;
  private ByteBuffer view = NONE;
  private int expectedBytes = LEAST_BYTES;
  private boolean isClosed;

  Outbox(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Returns the view, with at least {@code room} bytes remaining. */
  ByteBuffer room(int room) {
    if (view.remaining() < room) {
      grow(room);
    }
    return view;
  }

  private void grow(int room) {
    int capacity = sizeFor(Math.max(expectedBytes, Math.addExact(view.position(), room)));
    if (isClosed) {
      view = ByteBuffer.allocateDirect(capacity); // Whatever is put there goes nowhere.
      return;
    }
    ByteBuf larger = allocator.directBuffer(capacity, capacity);
    ByteBuffer next = larger.nioBuffer(0, capacity).put(view.flip());
    release();
    buffer = larger;
    view = next;
  }

  /** Returns the power of two that holds {@code bytes}. */
  private static int sizeFor(int bytes) {
    return bytes > 1 << 30 ? bytes : Integer.highestOneBit(bytes - 1) << 1;
  }

  int size() {
    return view.position();
  }

  /** Returns what was put, which is the caller's to release, or null if nothing was. */
  @Nullable ByteBuf take() {
    int size = view.position();
    if (size == 0) {
      return null;
    }
    expectedBytes =
        Math.min(
            MOST_EXPECTED_BYTES, Math.max(sizeFor(Math.max(LEAST_BYTES, size)), expectedBytes / 2));
    ByteBuf taken = buffer;
    buffer = null;
    view = NONE;
    return taken == null ? null : taken.writerIndex(size);
  }

  /** Drops what was put, and what will be. */
  void close() {
    isClosed = true;
    release();
  }

  private void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
    view = NONE;
  }
}
