package dev.tenon.router.http2;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection by their ids, and the ids of those that ended last. For one loop.
 * Open addressing: a look-up allocates nothing.
 *
 * <p>Ids that follow each other are spread (multiplicative hashing, Knuth, TAOCP 3, section 6.4):
 * side by side they would be one long run, all of which is looked through when one of them is taken
 * out.
 */
final class StreamTable {
  /** How many ended streams are remembered; of what is older a peer has nothing to say any more. */
  static final int REMEMBERED = 512;

  private static final int FEWEST_SLOTS = 16;

  /** 2^32 over the golden ratio, odd. */
  private static final int SPREAD = 0x9E37_79B9;

  private @Nullable Http2Stream[] slots = new @Nullable Http2Stream[FEWEST_SLOTS];
  private int shift = Integer.SIZE - Integer.numberOfTrailingZeros(FEWEST_SLOTS);
  private int size;

  // Ids of ended streams, in a ring; negative: we ended it by RST_STREAM, and late frames of it are
  // lawful.
  private final int[] ended = new int[REMEMBERED];
  private int nextEnded;

  int size() {
    return size;
  }

  @Nullable Http2Stream get(int id) {
    Http2Stream[] table = slots;
    int mask = table.length - 1;
    for (int at = slot(id); ; at = (at + 1) & mask) {
      Http2Stream stream = table[at];
      if (stream == null || stream.id() == id) {
        return stream;
      }
    }
  }

  void add(Http2Stream stream) {
    if (2 * (size + 1) > slots.length) {
      @Nullable Http2Stream[] old = slots;
      slots = new @Nullable Http2Stream[2 * old.length];
      shift--;
      for (Http2Stream each : old) {
        if (each != null) {
          put(each);
        }
      }
    }
    put(stream);
    size++;
  }

  private void put(Http2Stream stream) {
    int mask = slots.length - 1;
    int at = slot(stream.id());
    while (slots[at] != null) {
      at = (at + 1) & mask;
    }
    slots[at] = stream;
  }

  /** Takes {@code stream} out and remembers that it has ended; {@code byUs}: by our RST_STREAM. */
  void remove(Http2Stream stream, boolean byUs) {
    int mask = slots.length - 1;
    int at = slot(stream.id());
    while (slots[at] != stream) {
      if (slots[at] == null) {
        return;
      }
      at = (at + 1) & mask;
    }
    size--;
    remember(stream.id(), byUs);
    close(at, mask);
  }

  /** Moves up what was pushed behind the slot that is free now. */
  private void close(int freed, int mask) {
    int free = freed;
    for (int at = (free + 1) & mask; ; at = (at + 1) & mask) {
      Http2Stream stream = slots[at];
      if (stream == null) {
        slots[free] = null;
        return;
      }
      int home = slot(stream.id());
      if (((at - home) & mask) >= ((at - free) & mask)) {
        slots[free] = stream;
        free = at;
      }
    }
  }

  /** Remembers a stream that ended without having been here. */
  void remember(int id, boolean byUs) {
    ended[nextEnded] = byUs ? -id : id;
    nextEnded = (nextEnded + 1) & (REMEMBERED - 1);
  }

  /** Returns whether {@code id} ended lately by our RST_STREAM. */
  boolean wasReset(int id) {
    return remembers(-id);
  }

  /** Returns whether {@code id} ended lately in another way. */
  boolean hasEnded(int id) {
    return remembers(id);
  }

  private boolean remembers(int signedId) {
    for (int each : ended) {
      if (each == signedId) {
        return true;
      }
    }
    return false;
  }

  /** Calls {@code action} with each stream there is now; it may add and remove streams. */
  void forEach(Consumer<Http2Stream> action) {
    for (Http2Stream stream : Arrays.copyOf(slots, slots.length)) {
      if (stream != null) {
        action.accept(stream);
      }
    }
  }

  private int slot(int id) {
    return (id * SPREAD) >>> shift;
  }
}
