package dev.tenon.router.http2;

import static dev.tenon.router.http2.HeaderField.Indexing.INDEXED;
import static dev.tenon.router.http2.HeaderField.Indexing.NEVER;
import static dev.tenon.router.http2.HeaderField.Indexing.PLAIN;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the header blocks of one direction of one connection (RFC 7541), all of them and in
 * order, whatever became of their streams: each may change the table that the next one is read
 * with. Not thread-safe.
 *
 * <p>A field that comes by way of the table is the object that came before, and costs one read of
 * an array. So it is with a {@code :path} that comes as the same literal again and again, as from
 * encoders that expect the paths of files; for whoever encodes it next it is one to be indexed.
 * What is kept is bounded by the table's size, what is made by the length of the block: a string is
 * never longer than 8/5 of what is left of it (the shortest code has 5 bits).
 */
final class HpackDecoder {
  /** A table's size before anything else is agreed (RFC 9113, section 6.5.2). */
  static final int INITIAL_TABLE_BYTES = 4096;

  /** Longest literal of a path that is remembered. */
  private static final int LONGEST_PATH = 256;

  private static final ByteBuffer NO_PATH = ByteBuffer.allocate(0);

  private final DecodingTable table;
  private final StringLiteral text = new StringLiteral();
  private final int maxListBytes;
  private int left; // of the list's limit; negative: it was exceeded

  // The literal that came last as a path and is no secret, as it was sent, and what it is.
  private ByteBuffer pathLiteral = NO_PATH;
  private @Nullable HeaderField path;

  /**
   * Makes a decoder.
   *
   * @param maxTableBytes the SETTINGS_HEADER_TABLE_SIZE that we announce, at least {@link
   *     #INITIAL_TABLE_BYTES}: until the peer has read it, it uses so much
   * @param maxListBytes how large the fields of a block may be together, each counted as in a
   *     table, with 32 bytes beside name and value: the SETTINGS_MAX_HEADER_LIST_SIZE that we
   *     announce
   */
  HpackDecoder(int maxTableBytes, int maxListBytes) {
    if (maxTableBytes < INITIAL_TABLE_BYTES) {
      throw new IllegalArgumentException(
          "maxTableBytes: " + maxTableBytes + " (expected: >= " + INITIAL_TABLE_BYTES + ")");
    }
    if (maxListBytes < 0) {
      throw new IllegalArgumentException("maxListBytes: " + maxListBytes + " (expected: >= 0)");
    }
    this.table = new DecodingTable(maxTableBytes);
    this.maxListBytes = maxListBytes;
  }

  /**
   * Decodes a whole block, that of a HEADERS frame with its CONTINUATIONs.
   *
   * <p>If the list is larger than its limit, {@code into} has what came before the limit; the rest
   * is read for the table's sake alone.
   *
   * @param into what the fields go to, in their order; emptied first
   * @return whether the list is within its limit
   * @throws Http2Fault if the block is broken. It ends the connection, as the table can no longer
   *     be relied on (COMPRESSION_ERROR; RFC 9113, section 4.3)
   */
  boolean decode(ByteBuffer block, List<HeaderField> into) throws Http2Fault {
    into.clear();
    left = maxListBytes;
    boolean atBegin = true;
    while (block.hasRemaining()) {
      int first = block.get();
      HeaderField field;
      if (first < 0) {
        field = table.get(PrefixedInteger.read(block, first & 0x7f, 0x7f));
      } else if ((first & 0x40) != 0) {
        field = indexedLiteral(block, first & 0x3f);
      } else if ((first & 0x20) == 0) {
        field = literal(block, first & 0x0f, (first & 0x10) != 0 ? NEVER : PLAIN);
      } else if (atBegin) { // RFC 7541, section 4.2
        table.maxBytes(PrefixedInteger.read(block, first & 0x1f, 0x1f));
        continue;
      } else {
        throw PrefixedInteger.fault("a table size update behind a field");
      }
      atBegin = false;
      if (field != null && fits(field.size())) {
        into.add(field);
      }
    }
    text.forget();
    return left >= 0;
  }

  private boolean fits(int size) {
    if (left >= 0) {
      left -= size;
    }
    return left >= 0;
  }

  /** Reads a literal that goes into the table, if it fits (RFC 7541, sections 4.4 and 6.2.1). */
  private @Nullable HeaderField indexedLiteral(ByteBuffer block, int prefix) throws Http2Fault {
    FieldName name = name(block, prefix, 0x3f);
    text.read(block);
    int size = name.length() + text.length() + HeaderField.OVERHEAD_BYTES;
    if (size > table.maxBytes()) {
      table.clear();
      return made(name, INDEXED);
    }
    HeaderField field = new HeaderField(name, text.copy(), INDEXED);
    table.add(field);
    return field;
  }

  /** Reads a literal for this list alone (RFC 7541, sections 6.2.2 and 6.2.3). */
  private @Nullable HeaderField literal(ByteBuffer block, int prefix, Indexing indexing)
      throws Http2Fault {
    FieldName name = name(block, prefix, 0x0f);
    if (indexing == PLAIN && name.kind() == FieldKind.PATH) {
      return path(block, name);
    }
    text.read(block);
    return made(name, indexing);
  }

  private @Nullable HeaderField path(ByteBuffer block, FieldName name) throws Http2Fault {
    int from = block.position();
    HeaderField before = path;
    if (before != null && comesAgain(block)) {
      if (before.indexing() == PLAIN) {
        path = new HeaderField(name, before.valueBytes(), INDEXED);
      }
      return path;
    }
    text.read(block);
    HeaderField made = made(name, PLAIN);
    int length = block.position() - from;
    if (made != null && length <= LONGEST_PATH) {
      byte[] literal = new byte[length];
      block.get(from, literal);
      pathLiteral = ByteBuffer.wrap(literal);
      path = made;
    }
    return made;
  }

  /** Reads the literal that came last, if that is what comes: its length is in it. */
  private boolean comesAgain(ByteBuffer block) {
    int length = pathLiteral.remaining();
    if (length > block.remaining()) {
      return false;
    }
    int limit = block.limit();
    int end = block.position() + length;
    block.limit(end);
    boolean isSame = pathLiteral.equals(block);
    block.limit(limit);
    if (isSame) {
      block.position(end);
    }
    return isSame;
  }

  /** Makes a field that no table holds; null: the list is full. */
  private @Nullable HeaderField made(FieldName name, Indexing indexing) {
    return left < 0 ? null : new HeaderField(name, text.copy(), indexing);
  }

  private FieldName name(ByteBuffer block, int prefix, int mask) throws Http2Fault {
    if (prefix == 0) {
      text.read(block);
      return text.name();
    }
    int index = PrefixedInteger.read(block, prefix, mask);
    return index <= StaticTable.SIZE ? StaticTable.name(index) : table.get(index).fieldName();
  }
}
