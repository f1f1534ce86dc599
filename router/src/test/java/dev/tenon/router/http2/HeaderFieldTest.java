package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.router.http2.HeaderField.Indexing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a field says of itself. */
class HeaderFieldTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "x-y_z.0", ":path", "!#$%&'*+-.^_`|~09", ":unknown"})
  void isWellFormed_tokenInLowerCase_isTrue(String name) {
    assertThat(field(name, "").isWellFormed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ":", "A", "x-Y", ":Path", "a:", "a:b", "::a", "a b", " a", "a\t", "a\0", "a\n", "a\r",
        "a\177", "a\200", "\377", "a(", "a,", "a/", "a;", "a=", "a@", "a[", "a{", "a\"", "a\\"
      })
  void isWellFormed_anyOtherName_isFalse(String name) {
    assertThat(field(name, "").isWellFormed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "v", "v w", "v\tw", "\u00e9\u00ff", "\1\177", "a\"b\\c", ",;"})
  void isWellFormed_valueWithoutLineEnds_isTrue(String value) {
    assertThat(field("a", value).isWellFormed()).isTrue();
    assertThat(field("A", value).isWellFormed()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\t", " v", "v ", "\tv", "v\t", "v\0w", "v\rw", "v\nw", "\n", "v\r"})
  void isWellFormed_valueThatRfc9113Forbids_isFalse(String value) {
    HeaderField field = field("a", value);

    assertThat(field.isWellFormed()).isFalse();
    assertThat(field.isWellFormed()).as("asked again").isFalse();
  }

  @Test
  void accessors_ofAField_sayWhatItIs() {
    HeaderField field = HeaderField.of("grpc-timeout", "\u00e9s", Indexing.PLAIN);

    assertThat(field.name()).isEqualTo("grpc-timeout");
    assertThat(field.value()).isEqualTo("\u00e9s");
    assertThat(field.valueLength()).isEqualTo(2);
    assertThat(field.valueAt(0)).isEqualTo((byte) 0xe9);
    assertThat(field.size()).isEqualTo(12 + 2 + 32);
    assertThat(field.indexing()).isEqualTo(Indexing.PLAIN);
    assertThat(field.isPseudo()).isFalse();
    assertThat(field(":path", "/").isPseudo()).isTrue();
    assertThat(field("", "/").isPseudo()).isFalse();
  }

  @Test
  void mark_ofAField_isWhatWasKept() {
    HeaderField field = field("a", "b");
    assertThat(field.mark()).isZero();
    field.mark((byte) 3);

    assertThat(field.mark()).isEqualTo((byte) 3);
  }

  @Test
  void of_characterThatIsNoByte_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> field("a", "\u0100"));
    assertThatIllegalArgumentException().isThrownBy(() -> field("\u0100", "a"));
  }

  @Test
  void toString_ofASecret_hidesIt() {
    assertThat(field("authorization", "Bearer s3cret"))
        .hasToString("authorization (13 bytes, INDEXED)");
  }

  private static HeaderField field(String name, String value) {
    return HeaderField.of(name, value, Indexing.INDEXED);
  }
}
