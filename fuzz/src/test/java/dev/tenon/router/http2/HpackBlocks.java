package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField.Indexing;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What must hold for any header blocks of one connection: each is a byte of length and so many. */
public final class HpackBlocks {
  private static final int LIMIT = 2_000;

  private HpackBlocks() {}

  /**
   * Decodes the blocks in {@code bytes}: what is kept is within the limit, Netty reads the same,
   * and what an encoder makes of it is decoded as the same.
   *
   * @return whether all were accepted and within the limit
   */
  public static boolean check(byte[] bytes) throws Exception {
    HpackDecoder decoder = new HpackDecoder(4096, LIMIT);
    HpackEncoder encoder = new HpackEncoder(600);
    HpackDecoder peer = new HpackDecoder(4096, LIMIT);
    DefaultHttp2HeadersDecoder judge = new DefaultHttp2HeadersDecoder(false, 1 << 30);
    List<HeaderField> fields = new ArrayList<>();
    List<HeaderField> again = new ArrayList<>();
    boolean isJudged = true;
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      int length = Math.min(left.get() & 0xff, left.remaining());
      ByteBuffer block = left.slice(left.position(), length);
      left.position(left.position() + length);
      boolean within;
      try {
        within = decoder.decode(block.duplicate(), fields);
      } catch (Http2Fault refused) {
        assertThat(refused.code()).isEqualTo(ErrorCode.COMPRESSION_ERROR);
        return false;
      }
      assertThat(fields.stream().mapToInt(HeaderField::size).sum()).isLessThanOrEqualTo(LIMIT);
      if (!within) {
        return false;
      }
      // Netty 4.2.18 loses a table that is full of entries without name and value.
      isJudged &= fields.stream().noneMatch(field -> field.size() == HeaderField.OVERHEAD_BYTES);
      if (isJudged) {
        List<String> read = new ArrayList<>();
        judge
            .decodeHeaders(1, Unpooled.wrappedBuffer(block))
            .forEach(header -> read.add(header.getKey() + "\n" + header.getValue()));
        assertThat(read)
            .containsExactlyInAnyOrderElementsOf(fields.stream().map(HpackBlocks::text).toList());
      }
      assertThat(peer.decode(encode(encoder, fields), again)).isTrue();
      assertThat(again.stream().map(HpackBlocks::text))
          .containsExactlyElementsOf(fields.stream().map(HpackBlocks::text).toList());
      for (int i = 0; i < fields.size(); i++) {
        boolean secret = fields.get(i).indexing() == Indexing.NEVER;
        assertThat(again.get(i).indexing() == Indexing.NEVER).isEqualTo(secret);
      }
    }
    return true;
  }

  private static ByteBuffer encode(HpackEncoder encoder, List<HeaderField> fields) {
    int room = encoder.maxBegin() + fields.stream().mapToInt(HpackEncoder::maxEncoded).sum();
    ByteBuffer out = ByteBuffer.allocate(room);
    encoder.begin(out);
    fields.forEach(field -> encoder.encode(field, out));
    return out.flip();
  }

  private static String text(HeaderField field) {
    return field.name() + "\n" + field.value();
  }
}
