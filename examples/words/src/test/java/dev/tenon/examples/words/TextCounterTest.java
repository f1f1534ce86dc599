package dev.tenon.examples.words;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.examples.words.v1.Statistics;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts exactly, however the text is cut. */
final class TextCounterTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // text | bytes | characters | lines | words
        "''                | 0  | 0 | 0 | 0",
        "'a'               | 1  | 1 | 1 | 1",
        "'\n'              | 1  | 1 | 1 | 0",
        "'a\n'             | 2  | 2 | 1 | 1",
        "'a\nb'            | 3  | 3 | 2 | 2",
        "'\n\n'            | 2  | 2 | 2 | 0",
        "' a  b\t c '      | 9  | 9 | 1 | 3",
        "'a\r\nb\r\n'      | 6  | 6 | 2 | 2",
        "'grün'            | 5  | 4 | 1 | 1",
        "'日本 語'         | 10 | 4 | 1 | 2",
        "'😀 😀'           | 9  | 3 | 1 | 2",
        "'a\u00a0b'        | 4  | 3 | 1 | 2",
        "'a\u2003b\u3000c' | 9  | 5 | 1 | 3",
        "'a\u0085b'        | 4  | 3 | 1 | 2",
        "'a\u200bb'        | 5  | 3 | 1 | 1",
        "'\ufeffa'         | 4  | 2 | 1 | 1",
      })
  void finish_text_countsIt(String text, long bytes, long characters, long lines, long words) {
    assertThat(count(text.getBytes(UTF_8)))
        .isEqualTo(
            Statistics.newBuilder()
                .setBytes(bytes)
                .setCharacters(characters)
                .setLines(lines)
                .setWords(words)
                .build());
  }

  @ParameterizedTest
  @CsvSource({
    // bytes, undecodable, characters, words
    "ff,       1, 0, 0", // never in UTF-8
    "61ff62,   1, 2, 1", // does not end a word
    "61 20 ff, 1, 2, 1", // does not begin a word
    "80,       1, 0, 0", // a continuation without a beginning
    "c3,       1, 0, 0", // cut off at the end
    "e282,     2, 0, 0",
    "f09f98,   3, 0, 0",
    "e28261,   2, 1, 1", // cut off by another character
    "c080,     2, 0, 0", // longer than need be
    "e08080,   3, 0, 0",
    "eda080,   3, 0, 0", // half a surrogate pair
    "f4908080, 4, 0, 0", // above U+10FFFF
    "c30a,     1, 1, 0", // the line feed counts
  })
  void finish_undecodableBytes_countsThemApart(
      String hex, long undecodable, long characters, long words) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));

    Statistics statistics = count(bytes);

    assertThat(statistics.getBytes()).isEqualTo(bytes.length);
    assertThat(statistics.getUndecodableBytes()).isEqualTo(undecodable);
    assertThat(statistics.getCharacters()).isEqualTo(characters);
    assertThat(statistics.getWords()).isEqualTo(words);
    assertThat(statistics.getLines()).isEqualTo(1);
  }

  @Test
  void finish_nothingAdded_isAllZero() {
    assertThat(new TextCounter().finish()).isEqualTo(Statistics.getDefaultInstance());
  }

  @ParameterizedTest
  @ValueSource(ints = {8191, 8192, 8193, 1_000_000})
  void add_charactersAcrossTheBuffersEnd_areWhole(int shift) {
    byte[] text = ("x".repeat(shift) + "😀".repeat(5000)).getBytes(UTF_8);

    Statistics statistics = count(text);

    assertThat(statistics.getCharacters()).isEqualTo(shift + 5000);
    assertThat(statistics.getUndecodableBytes()).isZero();
    assertThat(statistics.getWords()).isEqualTo(1);
  }

  @Property
  void finish_anyBytesInAnyPieces_isAsTheReferenceCounts(
      @ForAll("texts") byte[] text, @ForAll("cuts") List<Integer> cuts) {
    TextCounter counter = new TextCounter();
    int from = 0;
    for (int cut : cuts) {
      int size = Math.min(cut, text.length - from);
      counter.add(ByteBuffer.wrap(text, from, size));
      from += size;
    }
    counter.add(ByteBuffer.wrap(text, from, text.length - from));

    assertThat(counter.finish()).isEqualTo(SlowCount.of(text));
  }

  @Provide
  Arbitrary<byte[]> texts() {
    // Whole characters of each length, white space, and beginnings and continuations out of place.
    Arbitrary<byte[]> piece =
        Arbitraries.oneOf(
            Arbitraries.of("a", "é", "\u2003", "日", "😀", " ", "\n", "\u00a0", "\ufeff")
                .map(text -> text.getBytes(UTF_8)),
            Arbitraries.of("80", "bf", "c0", "c3", "e0", "e2", "ed", "a0", "f0", "9f", "f4", "ff")
                .map(HexFormat.of()::parseHex),
            Arbitraries.bytes().array(byte[].class).ofSize(1));
    return piece.list().ofMaxSize(60).map(TextCounterTest::joined);
  }

  @Provide
  Arbitrary<List<Integer>> cuts() {
    return Arbitraries.integers().between(0, 7).list().ofMaxSize(40);
  }

  private static Statistics count(byte[] text) {
    TextCounter counter = new TextCounter();
    counter.add(ByteBuffer.wrap(text));
    return counter.finish();
  }

  private static byte[] joined(List<byte[]> pieces) {
    ByteBuffer all = ByteBuffer.allocate(pieces.stream().mapToInt(piece -> piece.length).sum());
    pieces.forEach(all::put);
    return all.array();
  }
}
