package dev.tenon.router.http2;

import static dev.tenon.router.http2.HeaderField.Indexing.INDEXED;
import static dev.tenon.router.http2.HeaderField.Indexing.NEVER;

import java.nio.ByteBuffer;

/**
 * Encodes the header blocks of one direction of one connection (RFC 7541). Not thread-safe. Blocks
 * have to be sent, all and in order, once they are encoded: each may change the peer's table.
 *
 * <p>A field to be INDEXED that was sent before, and is in the table still, costs one read of an
 * array and a byte or two. Any other goes as a literal and, if it is to be INDEXED, into the table.
 * NEVER stays NEVER, as section 6.2.3 demands of intermediaries.
 *
 * <p>Literals are sent as they are, never in Huffman code: repeated fields take a byte anyway, and
 * for the others, on connections within one machine, the bytes that it saves (a quarter) are worth
 * less than the time that it takes from both ends.
 */
final class HpackEncoder {
  private static final int SIZE_UPDATE = 0x20;

  private final EncodingTable table = new EncodingTable();
  private final int ownLimit;
  private int smallest; // of the sizes since the last block
  private int wanted;

  /** Makes an encoder with a table of at most {@code maxOwnTableBytes}, from 0 to 4096. */
  HpackEncoder(int maxOwnTableBytes) {
    if (maxOwnTableBytes < 0 || maxOwnTableBytes > EncodingTable.LIMIT_BYTES) {
      throw new IllegalArgumentException(
          "maxOwnTableBytes: " + maxOwnTableBytes + " (expected: 0 to 4096)");
    }
    this.ownLimit = maxOwnTableBytes;
    this.wanted = maxOwnTableBytes;
    this.smallest = maxOwnTableBytes;
  }

  /**
   * Takes the peer's SETTINGS_HEADER_TABLE_SIZE, an unsigned number, when it came and before it is
   * acknowledged. The peer is told at the next block's begin what became of it.
   */
  void peerTableSize(int bytes) {
    wanted = bytes < 0 ? ownLimit : Math.min(bytes, ownLimit);
    smallest = Math.min(smallest, wanted);
  }

  /** Returns how many bytes {@link #begin} writes at most. */
  int maxBegin() {
    return 2 * PrefixedInteger.MAX_BYTES;
  }

  /**
   * Begins a block: tells the peer the smallest size that the table had to have since the last
   * block, and the one that it has from now on, if they are new to it (RFC 7541, section 4.2).
   */
  void begin(ByteBuffer out) {
    if (smallest < table.maxBytes()) {
      resize(smallest, out);
    }
    if (wanted != table.maxBytes()) {
      resize(wanted, out);
    }
    smallest = wanted;
  }

  private void resize(int bytes, ByteBuffer out) {
    table.maxBytes(bytes);
    PrefixedInteger.write(out, SIZE_UPDATE, 0x1f, bytes);
  }

  /** Returns how many bytes {@link #encode} writes at most for {@code field}. */
  static int maxEncoded(HeaderField field) {
    return 1 + 2 * PrefixedInteger.MAX_BYTES + field.fieldName().length() + field.valueLength();
  }

  /** Writes {@code field}; {@code out} has room for {@link #maxEncoded}. */
  void encode(HeaderField field, ByteBuffer out) {
    int index = field.staticIndex();
    if (index == 0 && field.indexing() == INDEXED) {
      index = table.find(field);
    }
    if (index > 0) {
      PrefixedInteger.write(out, 0x80, 0x7f, index); // RFC 7541, section 6.1
    } else {
      literal(field, out);
    }
  }

  /** Writes a literal (RFC 7541, section 6.2); one that the table cannot hold goes as if PLAIN. */
  private void literal(HeaderField field, ByteBuffer out) {
    FieldName name = field.fieldName();
    if (field.indexing() == INDEXED && field.size() <= table.maxBytes()) {
      table.add(field);
      PrefixedInteger.write(out, 0x40, 0x3f, name.staticIndex());
    } else {
      int pattern = field.indexing() == NEVER ? 0x10 : 0;
      PrefixedInteger.write(out, pattern, 0x0f, name.staticIndex());
    }
    if (name.staticIndex() == 0) {
      string(name.bytes(), out);
    }
    string(field.valueBytes(), out);
  }

  private static void string(byte[] bytes, ByteBuffer out) {
    PrefixedInteger.write(out, 0, 0x7f, bytes.length);
    out.put(bytes);
  }
}
