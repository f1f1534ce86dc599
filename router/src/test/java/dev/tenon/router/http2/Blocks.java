package dev.tenon.router.http2;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Header blocks of tests. */
final class Blocks {
  static final int NO_LIMIT = Integer.MAX_VALUE;

  private Blocks() {}

  /** Returns the bytes that {@code hex} writes, with spaces or without. */
  static ByteBuffer hex(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return HexFormat.of().formatHex(copy);
  }

  static HpackDecoder decoder() {
    return new HpackDecoder(HpackDecoder.INITIAL_TABLE_BYTES, NO_LIMIT);
  }

  static List<HeaderField> decode(HpackDecoder decoder, String hex) throws Http2Fault {
    List<HeaderField> fields = new ArrayList<>();
    decoder.decode(hex(hex), fields);
    return fields;
  }

  /** Returns fields of "name: value" texts, all to be indexed. */
  static List<HeaderField> fields(String... texts) {
    return Arrays.stream(texts).map(text -> field(text, Indexing.INDEXED)).toList();
  }

  static HeaderField field(String text, Indexing indexing) {
    int colon = text.indexOf(": ", 1);
    return HeaderField.of(text.substring(0, colon), text.substring(colon + 2), indexing);
  }

  static List<String> texts(List<HeaderField> fields) {
    return fields.stream().map(field -> field.name() + ": " + field.value()).toList();
  }

  /** Returns one block of {@code fields}, written to exactly the room that it was said to need. */
  static ByteBuffer encode(HpackEncoder encoder, List<HeaderField> fields) {
    int room = encoder.maxBegin();
    for (HeaderField field : fields) {
      room += HpackEncoder.maxEncoded(field);
    }
    ByteBuffer out = ByteBuffer.allocate(room);
    encoder.begin(out);
    for (HeaderField field : fields) {
      encoder.encode(field, out);
    }
    return out.flip();
  }
}
