package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples of RFC 7541, appendix C. */
class Rfc7541AppendixTest {
  private static final List<List<HeaderField>> REQUESTS =
      List.of(
          Blocks.fields(":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"),
          Blocks.fields(
              ":method: GET",
              ":scheme: http",
              ":path: /",
              ":authority: www.example.com",
              "cache-control: no-cache"),
          Blocks.fields(
              ":method: GET",
              ":scheme: https",
              ":path: /index.html",
              ":authority: www.example.com",
              "custom-key: custom-value"));

  private static final List<List<HeaderField>> RESPONSES =
      List.of(
          Blocks.fields(
              ":status: 302",
              "cache-control: private",
              "date: Mon, 21 Oct 2013 20:13:21 GMT",
              "location: https://www.example.com"),
          Blocks.fields(
              ":status: 307",
              "cache-control: private",
              "date: Mon, 21 Oct 2013 20:13:21 GMT",
              "location: https://www.example.com"),
          Blocks.fields(
              ":status: 200",
              "cache-control: private",
              "date: Mon, 21 Oct 2013 20:13:22 GMT",
              "location: https://www.example.com",
              "content-encoding: gzip",
              "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"));

  private static final List<String> PLAIN_REQUESTS = // C.3
      List.of(
          "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
          "8286 84be 5808 6e6f 2d63 6163 6865",
          "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65");

  private static final List<String> HUFFMAN_REQUESTS = // C.4
      List.of(
          "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
          "8286 84be 5886 a8eb 1064 9cbf",
          "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf");

  private static final List<String> PLAIN_RESPONSES = // C.5
      List.of(
          "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133"
              + "2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861"
              + "6d70 6c65 2e63 6f6d",
          "4803 3330 37c1 c0bf",
          "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d"
              + "54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f"
              + "5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572"
              + "7369 6f6e 3d31");

  private static final List<String> HUFFMAN_RESPONSES = // C.6
      List.of(
          "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6"
              + "2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
          "4883 640e ffc1 c0bf",
          "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab"
              + "77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5"
              + "291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07");

  /** The size update that makes a table of 256 bytes, which C.5 and C.6 take for granted. */
  private static final String SIZE_256 = "3fe101";

  @ParameterizedTest
  @CsvSource({
    "10, 5, 0a",
    "1337, 5, 1f9a0a",
    "42, 8, 2a", // and where one byte more begins:
    "126, 7, 7e",
    "127, 7, 7f00",
    "254, 7, 7f7f",
    "255, 7, 7f8001",
    "2147483647, 7, 7f80ffffff07"
  })
  void integers_ofC1_bothWays(int value, int bits, String hex) throws Http2Fault {
    int mask = (1 << bits) - 1;
    ByteBuffer out = ByteBuffer.allocate(PrefixedInteger.MAX_BYTES);
    PrefixedInteger.write(out, 0, mask, value);
    out.flip();

    assertThat(Blocks.hex(out)).isEqualTo(hex);
    assertThat(PrefixedInteger.read(out, out.get(), mask)).isEqualTo(value);
    assertThat(out.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "INDEXED, custom-key: custom-header, "
        + "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
    "PLAIN, :path: /sample/path, 040c 2f73 616d 706c 652f 7061 7468",
    "NEVER, password: secret, 1008 7061 7373 776f 7264 0673 6563 7265 74",
    "INDEXED, :method: GET, 82",
  })
  void fields_ofC2_bothWays(Indexing indexing, String text, String hex) throws Http2Fault {
    List<HeaderField> decoded = Blocks.decode(Blocks.decoder(), hex);
    ByteBuffer encoded =
        Blocks.encode(new HpackEncoder(4096), List.of(Blocks.field(text, indexing)));

    assertThat(Blocks.texts(decoded)).containsExactly(text);
    assertThat(decoded.get(0).indexing()).isEqualTo(indexing);
    assertThat(Blocks.hex(encoded)).isEqualTo(hex.replace(" ", ""));
  }

  @Test
  void requests_ofC3_bothWays() throws Http2Fault {
    HpackDecoder decoder = Blocks.decoder();
    decodeAll(decoder, PLAIN_REQUESTS, REQUESTS);
    encodeAll(new HpackEncoder(4096), PLAIN_REQUESTS, REQUESTS);

    assertTable(
        decoder,
        "custom-key: custom-value",
        "cache-control: no-cache",
        ":authority: www.example.com");
  }

  @Test
  void requests_ofC4_decode() throws Http2Fault {
    decodeAll(Blocks.decoder(), HUFFMAN_REQUESTS, REQUESTS);
  }

  @Test
  void responses_ofC5_bothWays() throws Http2Fault {
    HpackDecoder decoder = Blocks.decoder();
    Blocks.decode(decoder, SIZE_256);
    decodeAll(decoder, PLAIN_RESPONSES, RESPONSES);
    HpackEncoder encoder = new HpackEncoder(4096);
    encoder.peerTableSize(256);
    assertThat(Blocks.hex(Blocks.encode(encoder, List.of()))).isEqualTo(SIZE_256);
    encodeAll(encoder, PLAIN_RESPONSES, RESPONSES);

    assertTable(
        decoder,
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        "content-encoding: gzip",
        "date: Mon, 21 Oct 2013 20:13:22 GMT");
  }

  @Test
  void responses_ofC6_decode() throws Http2Fault {
    HpackDecoder decoder = Blocks.decoder();
    Blocks.decode(decoder, SIZE_256);
    decodeAll(decoder, HUFFMAN_RESPONSES, RESPONSES);
  }

  private static void decodeAll(
      HpackDecoder decoder, List<String> blocks, List<List<HeaderField>> lists) throws Http2Fault {
    for (int i = 0; i < blocks.size(); i++) {
      assertThat(Blocks.texts(Blocks.decode(decoder, blocks.get(i))))
          .isEqualTo(Blocks.texts(lists.get(i)));
    }
  }

  private static void encodeAll(
      HpackEncoder encoder, List<String> blocks, List<List<HeaderField>> lists) {
    for (int i = 0; i < blocks.size(); i++) {
      assertThat(Blocks.hex(Blocks.encode(encoder, lists.get(i))))
          .isEqualTo(blocks.get(i).replace(" ", ""));
    }
  }

  private static void assertTable(HpackDecoder decoder, String... newestFirst) throws Http2Fault {
    for (int i = 0; i < newestFirst.length; i++) {
      String index = Integer.toHexString(0x80 + 62 + i);
      assertThat(Blocks.texts(Blocks.decode(decoder, index))).containsExactly(newestFirst[i]);
    }
    String behind = Integer.toHexString(0x80 + 62 + newestFirst.length);
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(decoder, behind));
  }
}
