package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.router.http2.HeaderField.Indexing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an encoder writes, remembers and tells its peer. */
class HpackEncoderTest {
  private static final String LITERAL = "4001610162"; // a: b, to be indexed

  private final HpackEncoder encoder = new HpackEncoder(4096);

  @Test
  void encode_fieldAgain_isItsIndex() {
    List<HeaderField> fields = Blocks.fields("a: b");

    assertThat(encode(fields)).isEqualTo(LITERAL);
    assertThat(encode(fields)).isEqualTo("be");
    assertThat(encode(Blocks.fields("c: d"))).isEqualTo("4001630164");
    assertThat(encode(fields)).isEqualTo("bf");
  }

  @Test
  void encode_otherObjectWithTheSameContent_isTheIndexOfTheFirst() {
    encode(Blocks.fields("a: b"));

    assertThat(encode(Blocks.fields("a: b", "a: b"))).isEqualTo("bebe");
    List<HeaderField> other = Blocks.fields("a: b");
    encode(other);
    assertThat(other.get(0).place()).as("found at one look next time").isNotNull();
    assertThat(encode(Blocks.fields("a: c", "b: b"))).isEqualTo("4001610163" + "4001620162");
  }

  @Test
  void encode_oneFieldByTwoEncodersInTurn_isEachOnesOwnIndex() {
    HpackEncoder other = new HpackEncoder(4096);
    List<HeaderField> shared = Blocks.fields("a: b");
    encode(shared);
    Blocks.encode(other, shared);
    encode(Blocks.fields("c: d"));

    for (int i = 0; i < 3; i++) {
      assertThat(encode(shared)).isEqualTo("bf");
      assertThat(Blocks.hex(Blocks.encode(other, shared))).isEqualTo("be");
    }
  }

  /** A field remembers an entry, and another one is in the same place of another table. */
  @Test
  void encode_fieldKnownToAnotherEncoderAlone_isALiteral() {
    HpackEncoder other = new HpackEncoder(4096);
    encode(Blocks.fields("c: d"));
    List<HeaderField> fields = Blocks.fields("a: b");
    Blocks.encode(other, fields);

    assertThat(encode(fields)).isEqualTo(LITERAL);
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, 0001610162", "NEVER, 1001610162"})
  void encode_notToBeIndexed_staysALiteralAndOutOfTheTable(Indexing indexing, String literal) {
    List<HeaderField> fields = List.of(Blocks.field("a: b", indexing));

    assertThat(encode(fields)).isEqualTo(literal);
    assertThat(encode(fields)).isEqualTo(literal);
    assertThat(encode(Blocks.fields("a: b"))).as("not in the table").isEqualTo(LITERAL);
    assertThat(encode(fields)).as("although it is there now").isEqualTo(literal);
  }

  /** Even where the static table has it: a secret is known by its length, too. */
  @Test
  void encode_neverIndexedFieldOfTheStaticTable_isALiteral() {
    assertThat(encode(List.of(Blocks.field("authorization: ", Indexing.NEVER))))
        .isEqualTo("1f0800");
    assertThat(encode(List.of(Blocks.field("authorization: ", Indexing.PLAIN)))).isEqualTo("97");
  }

  @ParameterizedTest
  @EnumSource(Indexing.class)
  void encode_whatWasDecoded_goesAsItCame(Indexing indexing) throws Http2Fault {
    String first = Blocks.hex(Blocks.encode(encoder, List.of(Blocks.field("a: b", indexing))));
    List<HeaderField> decoded = Blocks.decode(Blocks.decoder(), first);

    assertThat(Blocks.hex(Blocks.encode(new HpackEncoder(4096), decoded))).isEqualTo(first);
  }

  @Test
  void encode_fieldThatWasEvicted_isALiteralAgain() {
    List<HeaderField> first = Blocks.fields("a: b");
    encode(first);
    encode(Blocks.fields("c: " + "v".repeat(4096 - 33 - 34)));
    assertThat(encode(first)).isEqualTo("bf");
    encode(Blocks.fields("d: e"));

    assertThat(encode(first)).isEqualTo(LITERAL);
  }

  @Test
  void encode_oneByteMoreThanTheTableHolds_evicts() {
    encode(Blocks.fields("a: b", "c: " + "v".repeat(4096 - 33 - 34 + 1)));

    assertThat(encode(Blocks.fields("a: b"))).isEqualTo(LITERAL);
  }

  @Test
  void encode_fieldLargerThanTheTable_goesPlainAndTheTableStays() {
    encode(Blocks.fields("a: b"));
    String large = "c: " + "v".repeat(4096 - 32);

    assertThat(encode(Blocks.fields(large))).startsWith("000163");
    assertThat(encode(Blocks.fields("a: b"))).isEqualTo("be");
  }

  @ParameterizedTest
  @ValueSource(ints = {126, 127, 128, 5000, 100_000})
  void encode_longTexts_comeBack(int length) throws Http2Fault {
    List<HeaderField> fields = Blocks.fields("n".repeat(length) + ": " + "v".repeat(length));

    assertThat(Blocks.texts(Blocks.decode(Blocks.decoder(), encode(fields))))
        .isEqualTo(Blocks.texts(fields));
  }

  @Test
  void begin_sizesThatTheTableHasAlready_saysNothing() {
    assertThat(encode(List.of())).isEmpty();
    encoder.peerTableSize(4096);
    encoder.peerTableSize(65_536);
    encoder.peerTableSize(-1); // 2^32 - 1

    assertThat(encode(List.of())).isEmpty();
  }

  @Test
  void begin_tableOfOurOwnIsSmaller_saysSoAtFirst() {
    HpackEncoder small = new HpackEncoder(256);

    assertThat(Blocks.hex(Blocks.encode(small, List.of()))).isEqualTo("3fe101");
    assertThat(Blocks.hex(Blocks.encode(small, List.of()))).isEmpty();
    small.peerTableSize(300);
    assertThat(Blocks.hex(Blocks.encode(small, List.of()))).isEmpty();
  }

  @Test
  void begin_shrunkByThePeer_saysSoOnceAndEvicts() {
    List<HeaderField> first = Blocks.fields("a: b");
    encode(first);
    encoder.peerTableSize(33);

    assertThat(encode(first)).isEqualTo("3f02" + "0001610162");
    assertThat(encode(first)).isEqualTo("0001610162");
  }

  /** The peer's table lost all at the smallest size, and knows so only if it is told. */
  @Test
  void begin_shrunkAndGrownBetweenBlocks_saysSmallestThenFinal() {
    List<HeaderField> first = Blocks.fields("a: b");
    encode(first);
    encoder.peerTableSize(100);
    encoder.peerTableSize(0);
    encoder.peerTableSize(4096);

    assertThat(encode(first)).isEqualTo("20" + "3fe11f" + LITERAL);
    assertThat(encode(first)).isEqualTo("be");
  }

  @Test
  void begin_grownAgainLater_saysSo() {
    encoder.peerTableSize(0);
    assertThat(encode(Blocks.fields("a: b"))).isEqualTo("20" + "0001610162");
    encoder.peerTableSize(4096);

    assertThat(encode(Blocks.fields("a: b"))).isEqualTo("3fe11f" + LITERAL);
  }

  @Test
  void new_tableOutOfRange_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new HpackEncoder(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> new HpackEncoder(4097));
  }

  /** A peer chose its fields so that they are all in one bucket. */
  @Test
  void encode_fieldsWithOneHash_areToldApartAndEvictedRightly() throws Http2Fault {
    List<HeaderField> same = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      StringBuilder value = new StringBuilder();
      for (int bit = 0; bit < 8; bit++) {
        value.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      same.add(HeaderField.of("a", value.toString(), Indexing.INDEXED));
    }
    assertThat(same).extracting(HeaderField::contentHash).containsOnly(same.get(0).contentHash());
    same.addAll(Blocks.fields("a~: v", "b_: v")); // the hash of the names is the same
    HpackDecoder decoder = Blocks.decoder();
    assertThat(Blocks.texts(Blocks.decode(decoder, encode(same.subList(256, 258)))))
        .containsExactly("a~: v", "b_: v");
    for (int round = 0; round < 20; round++) {
      Collections.rotate(same, 37);
      List<HeaderField> fields = same.subList(0, 10 + 5 * round);
      assertThat(Blocks.texts(Blocks.decode(decoder, encode(fields))))
          .isEqualTo(Blocks.texts(fields));
    }
  }

  /** Fields that are constants of a program are sent by the connections of all its threads. */
  @Test
  void encode_fieldsSharedByThreads_areRightOnEach() throws Exception {
    List<HeaderField> shared = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      shared.add(HeaderField.of("shared", "x".repeat(i), Indexing.INDEXED));
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<Boolean>> both = List.of(() -> passAll(shared, 3), () -> passAll(shared, 7));
      for (Future<Boolean> one : threads.invokeAll(both)) {
        assertThat(one.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean passAll(List<HeaderField> shared, int step) throws Http2Fault {
    HpackEncoder mine = new HpackEncoder(1024);
    HpackDecoder peer = Blocks.decoder();
    List<HeaderField> into = new ArrayList<>();
    for (int round = 0; round < 2_000; round++) {
      List<HeaderField> fields = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        fields.add(shared.get((round * step + i * i) % shared.size()));
      }
      peer.decode(Blocks.encode(mine, fields), into);
      if (!Blocks.texts(into).equals(Blocks.texts(fields))) {
        return false;
      }
    }
    return true;
  }

  private String encode(List<HeaderField> fields) {
    return Blocks.hex(Blocks.encode(encoder, fields));
  }
}
