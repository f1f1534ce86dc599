package dev.tenon.router.http2;

import org.jspecify.annotations.Nullable;

/**
 * What indices mean to a decoder (RFC 7541, section 2.3): the static table, then the dynamic one,
 * newest first. The fields of the static table are objects of this table, like all others: what is
 * kept in a field belongs to one connection.
 */
final class DecodingTable {
  private final int limit;
  private final @Nullable HeaderField[] statics = new @Nullable HeaderField[StaticTable.SIZE + 1];
  private final @Nullable HeaderField[] ring;
  private int next; // where the next field goes, of the ring; its upper bits count on
  private int count;
  private int bytes;
  private int maxBytes = HpackDecoder.INITIAL_TABLE_BYTES;

  /** Makes an empty table of the initial size, which may be set to {@code limit} bytes at most. */
  DecodingTable(int limit) {
    this.limit = limit;
    int most = limit / HeaderField.OVERHEAD_BYTES;
    this.ring = new @Nullable HeaderField[Math.max(1, Integer.highestOneBit(2 * most - 1))];
  }

  /**
   * Returns the field at {@code index}.
   *
   * @throws Http2Fault if there is none (RFC 7541, sections 2.3.3 and 6.1)
   */
  HeaderField get(int index) throws Http2Fault {
    if (index > StaticTable.SIZE) {
      int age = index - StaticTable.SIZE;
      HeaderField field = age <= count ? ring[next - age & ring.length - 1] : null;
      if (field != null) {
        return field;
      }
    } else if (index > 0) {
      HeaderField known = statics[index];
      return known != null ? known : take(index);
    }
    throw PrefixedInteger.fault("an index means nothing");
  }

  private HeaderField take(int index) {
    HeaderField field = new HeaderField(index);
    statics[index] = field;
    return field;
  }

  /** Returns how many bytes it may hold now. */
  int maxBytes() {
    return maxBytes;
  }

  /**
   * Sets how many bytes it may hold (RFC 7541, sections 4.3 and 6.3).
   *
   * @throws Http2Fault if that is above the limit
   */
  void maxBytes(int bytes) throws Http2Fault {
    if (bytes > limit) {
      throw PrefixedInteger.fault("the table would be larger than allowed");
    }
    maxBytes = bytes;
    evictTo(bytes);
  }

  /** Adds {@code field}, which is no larger than the table may be (RFC 7541, section 4.4). */
  void add(HeaderField field) {
    evictTo(maxBytes - field.size());
    ring[next++ & ring.length - 1] = field;
    count++;
    bytes += field.size();
  }

  /** Takes all out, as a field does that is larger than the table (RFC 7541, section 4.4). */
  void clear() {
    evictTo(0);
  }

  private void evictTo(int left) {
    while (bytes > left) {
      int oldest = next - count & ring.length - 1;
      HeaderField field = ring[oldest];
      if (field == null) {
        throw new IllegalStateException("the table has lost count");
      }
      ring[oldest] = null;
      count--;
      bytes -= field.size();
    }
  }
}
