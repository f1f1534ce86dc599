package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The static table and the Huffman code, which RFC 7541 gives as tables, beside Netty's. */
class ProtocolTablesTest {
  @Test
  void staticTable_everyIndex_isAsNettyReadsIt() throws Exception {
    NettyCodec netty = new NettyCodec(0);
    for (int index = 1; index <= StaticTable.SIZE; index++) {
      byte[] block = {(byte) (0x80 | index)};
      HeaderField field =
          Blocks.decode(Blocks.decoder(), Blocks.hex(ByteBuffer.wrap(block))).get(0);

      assertThat(Blocks.texts(List.of(field))).isEqualTo(netty.decode(ByteBuffer.wrap(block)));
      HeaderField other = HeaderField.of(field.name(), field.value(), Indexing.INDEXED);
      assertThat(Blocks.encode(new HpackEncoder(4096), List.of(other)).array()[0])
          .isEqualTo(block[0]);
    }
  }

  /** Between short codes, so that Netty takes the Huffman form whatever the symbol's length. */
  @Test
  void huffman_everySymbolAtEveryBit_isAsNettyWroteIt() throws Exception {
    NettyCodec netty = new NettyCodec(0);
    for (int symbol = 0; symbol < 256; symbol++) {
      for (int before = 40; before < 48; before++) {
        String value = "a".repeat(before) + (char) symbol + "e".repeat(symbol % 9);
        HeaderField field = HeaderField.of("x", value, Indexing.NEVER);
        ByteBuffer block = netty.encode(List.of(field));
        assertThat(block.remaining()).as("it is Huffman code").isLessThan(value.length());

        assertThat(Blocks.decode(Blocks.decoder(), Blocks.hex(block)).get(0).value())
            .isEqualTo(value);
      }
    }
  }

  @Test
  void errorCodes_ofRfc9113_areTheirNumbers() {
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(ErrorCode.of(code.code())).isEqualTo(code);
    }
    assertThat(ErrorCode.HTTP_1_1_REQUIRED.code()).isEqualTo(0xd);
    assertThat(ErrorCode.of(0xe)).isEqualTo(ErrorCode.INTERNAL_ERROR);
    assertThat(ErrorCode.of(-1)).isEqualTo(ErrorCode.INTERNAL_ERROR);
  }
}
