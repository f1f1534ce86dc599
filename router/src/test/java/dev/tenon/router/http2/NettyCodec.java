package dev.tenon.router.http2;

import dev.tenon.router.http2.HeaderField.Indexing;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Netty's encoder and decoder of header blocks: the judges of ours. */
final class NettyCodec {
  private final DefaultHttp2HeadersDecoder decoder =
      new DefaultHttp2HeadersDecoder(
          /* validateHeaders= */ false, /* maxHeaderListSize= */ 1 << 30);
  private final DefaultHttp2HeadersEncoder encoder;
  private List<HeaderField> encoding = List.of();

  /** Makes both; strings of so many bytes, and whose Huffman code is shorter, go as that. */
  NettyCodec(int huffmanFrom) {
    this.encoder =
        new DefaultHttp2HeadersEncoder(
            (name, value) -> isSecret(name, value),
            /* ignoreMaxHeaderListSize= */ true,
            16,
            huffmanFrom);
  }

  private boolean isSecret(CharSequence name, CharSequence value) {
    return encoding.stream()
        .anyMatch(
            field ->
                field.indexing() == Indexing.NEVER
                    && field.name().contentEquals(name)
                    && field.value().contentEquals(value));
  }

  void maxTableOfDecoder(int bytes) throws Http2Exception {
    decoder.configuration().maxHeaderTableSize(bytes);
  }

  void maxTableOfEncoder(int bytes) throws Http2Exception {
    encoder.configuration().maxHeaderTableSize(bytes);
  }

  ByteBuffer encode(List<HeaderField> fields) throws Http2Exception {
    Http2Headers headers = new DefaultHttp2Headers(/* validate= */ false);
    for (HeaderField field : fields) {
      headers.add(
          new AsciiString(field.nameBytes(), false), new AsciiString(field.valueBytes(), false));
    }
    encoding = fields;
    ByteBuf out = Unpooled.buffer();
    encoder.encodeHeaders(1, headers, out);
    return ByteBuffer.wrap(ByteBufUtil.getBytes(out));
  }

  /** Returns "name: value" texts, pseudo-header fields before the others. */
  List<String> decode(ByteBuffer block) throws Http2Exception {
    List<String> texts = new ArrayList<>();
    decoder
        .decodeHeaders(1, Unpooled.wrappedBuffer(block))
        .forEach(header -> texts.add(header.getKey() + ": " + header.getValue()));
    return texts;
  }

  /** Returns texts of {@code fields} in the order in which Netty gives them. */
  static List<String> inItsOrder(List<HeaderField> fields) {
    List<HeaderField> ordered = new ArrayList<>(fields);
    ordered.removeIf(field -> !field.isPseudo());
    fields.stream().filter(field -> !field.isPseudo()).forEach(ordered::add);
    return Blocks.texts(ordered);
  }
}
