package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a decoder takes, keeps and refuses. */
class HpackDecoderTest {
  private static final String VALUE_OF_4096 = "v".repeat(4096 - 32 - 1); // with a name of one byte

  private final HpackDecoder decoder = Blocks.decoder();

  @ParameterizedTest
  @CsvSource({
    "80, an index means nothing", // index 0
    "be, an index means nothing", // 62, and the table is empty
    "ff80ffffff07, an index means nothing", // 2^31 - 1
    "7f0061, an index means nothing", // a name at 63
    "0f3061, an index means nothing", // a name at 63, without indexing
    "ff, an integer is cut off",
    "ff80, an integer is cut off",
    "ff81ffffff07, an integer is too large", // 2^31
    "ff8080808010, an integer is too large", // 2^32 + 127: an int would wrap
    "ff8080808080, an integer is too long", // only zeros
    "00, a string is missing",
    "000161, a string is missing",
    "0002, a string is longer than its block",
    "00016102, a string is longer than its block",
    "0001610262, a string is longer than its block",
    "007f80ffffff07, a string is longer than its block", // 2^31 - 1
    "00ff80ffffff07, a string is longer than its block", // as Huffman code
    "8220, a table size update behind a field",
    "000161016220, a table size update behind a field",
    "3fe21f, the table would be larger than allowed", // 4097
    "00016184ffffffff, Huffman: EOS",
    "00016184fffffffc, Huffman: EOS",
    "00016183ffffff, Huffman: more than 7 bits of padding",
    "00016181ff, Huffman: more than 7 bits of padding",
    "000161821fff, Huffman: more than 7 bits of padding", // an a, and 11 ones
    "0001618118, Huffman: padding that is not of ones", // an a, and 3 zeros
    "000161811e, Huffman: padding that is not of ones",
  })
  void decode_brokenBlock_isCompressionErrorOfConnection(String hex, String why) {
    assertThatExceptionOfType(Http2Fault.class)
        .isThrownBy(() -> Blocks.decode(decoder, hex))
        .withMessage("header block: %s", why)
        .satisfies(
            fault -> {
              assertThat(fault.code()).isEqualTo(ErrorCode.COMPRESSION_ERROR);
              assertThat(fault.stream()).isZero();
            });
  }

  @ParameterizedTest
  @CsvSource({
    "00016100, ''",
    "00016180, ''", // as Huffman code
    "000161811f, a", // 3 bits of padding
  })
  void decode_edgesOfStrings_areRead(String hex, String value) throws Http2Fault {
    assertThat(Blocks.texts(Blocks.decode(decoder, hex))).containsExactly("a: " + value);
  }

  @Test
  void decode_emptyBlock_isAnEmptyList() throws Http2Fault {
    assertThat(Blocks.decode(decoder, "")).isEmpty();
  }

  @Test
  void decode_sizeUpdatesAtBegin_areTaken() throws Http2Fault {
    Blocks.decode(decoder, "4001610162");
    assertThat(Blocks.texts(Blocks.decode(decoder, "be"))).containsExactly("a: b");

    // To 0 and back: what the table had is gone (RFC 7541, section 4.3).
    assertThat(Blocks.decode(decoder, "203fe11f")).isEmpty();
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(decoder, "be"));
  }

  @Test
  void decode_entryThatFillsTheTable_evictsAllOthers() throws Http2Fault {
    decode(Blocks.fields("a: b", "c: d"));
    decode(Blocks.fields("e: " + VALUE_OF_4096));

    assertThat(Blocks.decode(decoder, "be").get(0).size()).isEqualTo(4096);
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(decoder, "bf"));
  }

  /** As many entries as there can be: the table's array is full. */
  @Test
  void decode_tableFullOfEmptyEntries_hasThemAll() throws Http2Fault {
    Blocks.decode(decoder, "4001610162" + "400000".repeat(127) + "400000");

    assertThat(Blocks.texts(Blocks.decode(decoder, "be" + "ff3e"))).containsExactly(": ", ": ");
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(decoder, "ff3f"));
    assertThat(Blocks.texts(Blocks.decode(decoder, "4001610162be"))).containsOnly("a: b");
  }

  @Test
  void decode_entryLargerThanTheTable_isReadAndEmptiesIt() throws Http2Fault {
    Blocks.decode(decoder, "4001610162");
    String value = VALUE_OF_4096 + "w";
    ByteBuffer block = ByteBuffer.allocate(5000);
    block.put((byte) 0x40).put((byte) 1).put((byte) 'a');
    PrefixedInteger.write(block, 0, 0x7f, value.length());
    block.put(HeaderField.of("a", value, Indexing.PLAIN).valueBytes()).flip();
    List<HeaderField> fields = new ArrayList<>();

    assertThat(decoder.decode(block, fields)).isTrue();
    assertThat(Blocks.texts(fields)).containsExactly("a: " + value);
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(decoder, "be"));
  }

  /**
   * The list is measured as it is once it is decoded, to the byte.
   *
   * <p>Attack: R15.
   */
  @Test
  void decode_listAtItsLimit_isWithinAndOneByteLessIsNot() throws Http2Fault {
    List<HeaderField> fields = Blocks.fields("a: b", "c: de");
    assertThat(within(34 + 35, fields)).isTrue();
    assertThat(within(34 + 34, fields)).isFalse();
  }

  private static boolean within(int limit, List<HeaderField> fields) throws Http2Fault {
    HpackDecoder decoder = new HpackDecoder(4096, limit);
    HpackEncoder encoder = new HpackEncoder(4096);
    List<HeaderField> into = new ArrayList<>();
    boolean first = decoder.decode(Blocks.encode(encoder, fields), into);
    assertThat(into.size()).isEqualTo(first ? fields.size() : fields.size() - 1);
    boolean again = decoder.decode(Blocks.encode(encoder, fields), into);
    assertThat(again).as("by index as by itself").isEqualTo(first);
    return first;
  }

  /**
   * A large field, named ten thousand times by its index, or so often that an int would not hold
   * the size of it all: the list ends at its limit, and the next block is read with the table that
   * the peer means.
   *
   * <p>Attack: R15.
   */
  @ParameterizedTest
  @ValueSource(ints = {10_000, 800_000})
  void decode_bombOfIndices_keepsNoMoreThanTheLimit(int times) throws Http2Fault {
    HpackDecoder limited = new HpackDecoder(4096, 8192);
    ByteBuffer bomb = ByteBuffer.allocate(times + 5_000);
    HeaderField large = HeaderField.of("a", "v".repeat(4000), Indexing.INDEXED);
    new HpackEncoder(4096).encode(large, bomb);
    for (int i = 0; i < times; i++) {
      bomb.put((byte) 0xbe);
    }
    bomb.put(new byte[] {0x40, 1, 'b', 1, 'c'}); // behind the limit; evicts nothing
    List<HeaderField> into = new ArrayList<>();

    assertThat(limited.decode(bomb.flip(), into)).isFalse();
    assertThat(into).hasSize(2);
    assertThat(bomb.hasRemaining()).isFalse();
    assertThat(limited.decode(Blocks.hex("be"), into)).isTrue();
    assertThat(Blocks.texts(into)).containsExactly("b: c");
  }

  /**
   * Ten thousand fields of next to nothing count 32 bytes each beside their texts.
   *
   * <p>Attack: R15.
   */
  @ParameterizedTest
  @ValueSource(strings = {"000000", "100000", "400000", "0f2b00", "90"})
  void decode_manySmallFields_endAtTheLimit(String field) throws Http2Fault {
    HpackDecoder limited = new HpackDecoder(4096, 8192);
    List<HeaderField> into = new ArrayList<>();

    assertThat(limited.decode(Blocks.hex(field.repeat(10_000)), into)).isFalse();
    assertThat(into).hasSizeBetween(1, 8192 / 32);
    assertThat(into.stream().mapToInt(HeaderField::size).sum()).isLessThanOrEqualTo(8192);
  }

  @Test
  void decode_behindTheLimit_brokenBlockIsRefusedStill() {
    HpackDecoder limited = new HpackDecoder(4096, 10);

    assertThatExceptionOfType(Http2Fault.class)
        .isThrownBy(() -> limited.decode(Blocks.hex("82000161811e"), new ArrayList<>()));
  }

  /** The table's array is used in a circle: an index that is too high is not the one behind it. */
  @Test
  void decode_indexBehindTheOldest_isRefused() throws Http2Fault {
    Blocks.decode(decoder, "4001610162");

    for (int index = 63; index < 400; index++) {
      ByteBuffer block = ByteBuffer.allocate(4);
      PrefixedInteger.write(block, 0x80, 0x7f, index);
      block.flip();
      assertThatExceptionOfType(Http2Fault.class)
          .isThrownBy(() -> decoder.decode(block, new ArrayList<>()));
    }
  }

  @Test
  void decode_fieldOfTheTable_isTheSameObject() throws Http2Fault {
    HeaderField first = Blocks.decode(decoder, "4001610162").get(0);
    List<HeaderField> again = Blocks.decode(decoder, "82be82");

    assertThat(again.get(1)).isSameAs(first);
    assertThat(again.get(0)).isSameAs(again.get(2));
    assertThat(again).extracting(HeaderField::indexing).containsOnly(Indexing.INDEXED);
  }

  /** What is kept in a field is one connection's, even where it is a field of the static table. */
  @Test
  void decode_staticFieldsOfTwoConnections_areTwoObjectsWithOneText() throws Http2Fault {
    HeaderField mine = Blocks.decode(decoder, "82").get(0);
    HeaderField other = Blocks.decode(Blocks.decoder(), "82").get(0);

    assertThat(mine).isNotSameAs(other);
    assertThat(mine.name()).isSameAs(other.name());
  }

  @Test
  void decode_literals_tellHowTheyCame() throws Http2Fault {
    List<HeaderField> fields = Blocks.decode(decoder, "0001610162 1001610162 4001610162");

    assertThat(fields)
        .extracting(HeaderField::indexing)
        .containsExactly(Indexing.PLAIN, Indexing.NEVER, Indexing.INDEXED);
    assertThat(Blocks.decode(decoder, "be")).containsExactly(fields.get(2));
  }

  @Test
  void decode_wellKnownNameAsLiteral_isTheOneNameOfAll() throws Http2Fault {
    String literal = "00" + "0c" + "677270632d74696d656f7574" + "023173"; // grpc-timeout: 1s
    HeaderField mine = Blocks.decode(decoder, literal).get(0);
    HeaderField other = Blocks.decode(Blocks.decoder(), literal).get(0);

    assertThat(mine.name()).isEqualTo("grpc-timeout").isSameAs(other.name());
    assertThat(mine.value()).isEqualTo("1s").isSameAs(mine.value());
  }

  @Test
  void decode_nameOfTheTable_isShared() throws Http2Fault {
    List<HeaderField> fields = Blocks.decode(decoder, "4001610162 7e0163 0f2f0164");

    assertThat(Blocks.texts(fields)).containsExactly("a: b", "a: c", "a: d");
    assertThat(fields.get(2).nameBytes()).isSameAs(fields.get(0).nameBytes());
  }

  @Test
  void new_limitsOutOfRange_areRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new HpackDecoder(4095, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new HpackDecoder(4096, -1));
  }

  @Test
  void new_largerTable_isOfTheInitialSizeUntilThePeerSaysElse() throws Http2Fault {
    HpackDecoder large = new HpackDecoder(8192, Blocks.NO_LIMIT);
    List<HeaderField> into = new ArrayList<>();
    HpackEncoder encoder = new HpackEncoder(4096);
    large.decode(
        Blocks.encode(encoder, Blocks.fields("a: " + "v".repeat(3000), "b: " + "v".repeat(3000))),
        into);
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(large, "bf"));

    Blocks.decode(large, "3fe13f"); // 8192
    for (int i = 0; i < 240; i++) {
      large.decode(Blocks.hex("4001610162"), into);
    }
    assertThat(Blocks.texts(Blocks.decode(large, "ffae01"))).containsExactly("a: b"); // 61 + 240
    assertThatExceptionOfType(Http2Fault.class).isThrownBy(() -> Blocks.decode(large, "ffaf01"));
  }

  private void decode(List<HeaderField> fields) throws Http2Fault {
    decoder.decode(Blocks.encode(new HpackEncoder(4096), fields), new ArrayList<>());
  }

  /** 04: :path by the name of the static table, without indexing, as encoders of files send it. */
  @Test
  void decode_pathThatComesAgain_isTheSameObjectAndToBeIndexed() throws Http2Fault {
    HeaderField first = Blocks.decode(decoder, "04022f61").get(0);
    HeaderField second = Blocks.decode(decoder, "8204022f6186").get(1);
    HeaderField third = Blocks.decode(decoder, "00053a70617468022f61").get(0);

    assertThat(first.indexing()).isEqualTo(Indexing.PLAIN);
    assertThat(second.indexing()).isEqualTo(Indexing.INDEXED);
    assertThat(third).isSameAs(second);
    assertThat(Blocks.texts(List.of(first, second))).containsOnly(":path: /a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"04022f62", "04032f6162", "04012f", "0482607f", "14022f61"})
  void decode_anotherPathThanBefore_isReadAsItCame(String other) throws Http2Fault {
    HeaderField before = Blocks.decode(decoder, "04022f61").get(0);

    List<HeaderField> fields = Blocks.decode(decoder, other);

    assertThat(fields).doesNotContain(before);
    assertThat(Blocks.texts(fields))
        .isEqualTo(Blocks.texts(Blocks.decode(Blocks.decoder(), other)));
  }

  /** What its sender wants nobody to remember is not remembered here either. */
  @Test
  void decode_secretPath_isAnObjectOfItsOwnEachTime() throws Http2Fault {
    HeaderField first = Blocks.decode(decoder, "14022f61").get(0);

    assertThat(first.indexing()).isEqualTo(Indexing.NEVER);
    assertThat(Blocks.decode(decoder, "14022f61").get(0)).isNotSameAs(first);
    assertThat(Blocks.decode(decoder, "04022f61").get(0)).isNotSameAs(first);
  }

  @Test
  void decode_pathThatIsCutOff_isBrokenAlsoAfterTheWholeOne() throws Http2Fault {
    Blocks.decode(decoder, "04032f6162");

    assertThatExceptionOfType(Http2Fault.class)
        .isThrownBy(() -> Blocks.decode(decoder, "04032f61"));
  }

  @Test
  void decode_longPath_isNotRemembered() throws Http2Fault {
    String path = "04" + "7f8001" + "61".repeat(255); // a literal of 258 bytes

    assertThat(Blocks.decode(decoder, path).get(0))
        .isNotSameAs(Blocks.decode(decoder, path).get(0));
  }
}
