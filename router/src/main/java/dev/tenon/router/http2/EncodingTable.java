package dev.tenon.router.http2;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An encoder's dynamic table (RFC 7541, section 2.3.2). No two entries have the same content.
 *
 * <p>A field that was found remembers its entry, so that the next look is one read of an array: is
 * that entry still where it was? Fields may be shared with tables of other threads. Then they
 * remember the entry of the table that looked last; the answer is right all the same, as it comes
 * from this table's array.
 *
 * <p>A peer may choose fields whose hashes collide. A look then reads up to 128 hashes, as there
 * are never more entries: {@link #MOST}.
 */
final class EncodingTable {
  /** As large as it ever gets; a larger one would save bytes that cost little. */
  static final int LIMIT_BYTES = 4096;

  private static final int MOST = LIMIT_BYTES / HeaderField.OVERHEAD_BYTES;

  private final @Nullable Entry[] ring = new @Nullable Entry[MOST];
  private final @Nullable Entry[] buckets = new @Nullable Entry[MOST];
  private int next; // the number of the next entry; its lower bits are where it goes in the ring
  private int count;
  private int bytes;
  private int maxBytes = LIMIT_BYTES;

  /** Returns the index of {@code field}, or 0. */
  int find(HeaderField field) {
    Entry place = field.place();
    if (place == null || ring[place.number & MOST - 1] != place) {
      place = search(field);
      if (place == null) {
        return 0;
      }
      field.place(place);
    }
    return StaticTable.SIZE + next - place.number;
  }

  private @Nullable Entry search(HeaderField field) {
    int hash = field.contentHash();
    Entry entry = buckets[bucket(hash)];
    while (entry != null && !entry.has(hash, field)) {
      entry = entry.older;
    }
    return entry;
  }

  private static int bucket(int hash) {
    return (hash ^ hash >>> 7 ^ hash >>> 16) & MOST - 1;
  }

  int maxBytes() {
    return maxBytes;
  }

  /** Sets how many bytes it may hold, up to {@link #LIMIT_BYTES}. */
  void maxBytes(int bytes) {
    maxBytes = bytes;
    evictTo(bytes);
  }

  /** Adds {@code field}, which it has not and which is no larger than it may be. */
  void add(HeaderField field) {
    evictTo(maxBytes - field.size());
    int bucket = bucket(field.contentHash());
    Entry entry = new Entry(next, field, buckets[bucket]);
    buckets[bucket] = entry;
    ring[next++ & MOST - 1] = entry;
    count++;
    bytes += field.size();
    field.place(entry);
  }

  private void evictTo(int left) {
    while (bytes > left) {
      int at = next - count & MOST - 1;
      Entry oldest = ring[at];
      if (oldest == null) {
        throw new IllegalStateException("the table has lost count");
      }
      ring[at] = null;
      unlink(oldest);
      count--;
      bytes -= oldest.size();
    }
  }

  /** Takes the oldest entry of all from the end of its bucket. */
  private void unlink(Entry oldest) {
    int bucket = bucket(oldest.hash);
    Entry entry = buckets[bucket];
    if (entry == oldest) {
      buckets[bucket] = null;
      return;
    }
    while (entry != null) {
      if (entry.older == oldest) {
        entry.older = null;
        return;
      }
      entry = entry.older;
    }
  }

  /**
   * One entry. It has the content and not the field, which may remember an entry of another table,
   * whose field another one: a chain that would never end.
   */
  static final class Entry {
    private final int number;
    private final int hash;
    private final FieldName name;
    private final byte[] value;
    private @Nullable Entry older; // the next in the bucket

    private Entry(int number, HeaderField field, @Nullable Entry older) {
      this.number = number;
      this.hash = field.contentHash();
      this.name = field.fieldName();
      this.value = field.valueBytes();
      this.older = older;
    }

    private boolean has(int wanted, HeaderField field) {
      return hash == wanted
          && name.sameAs(field.fieldName())
          && Arrays.equals(value, field.valueBytes());
    }

    private int size() {
      return name.length() + value.length + HeaderField.OVERHEAD_BYTES;
    }
  }
}
