package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: VA-11, VA-6. */
class ReasonTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "disk full", "\u00fcberlastet \ud83d\ude00"})
  void new_sentence_accepted(String text) {
    assertThat(new Reason(text)).hasToString(text);
  }

  @Test
  void new_length_upTo1024Bytes() {
    assertThat(new Reason("a".repeat(1024)).text()).hasSize(1024);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Reason("a".repeat(1025)))
        .withMessage("reason: 1025 bytes (expected: at most 1024)");
  }

  /** Bytes, not characters. Row: VA-6. */
  @Test
  void new_342ThreeByteCharacters_refused() {
    assertThat(new Reason("\u20ac".repeat(341)).text()).hasSize(341);
    assertThatIllegalArgumentException().isThrownBy(() -> new Reason("\u20ac".repeat(342)));
  }

  /** A reason stays one line of a log. Row: VA-11. */
  @ParameterizedTest
  @ValueSource(strings = {"a\r\nb", "a\nb", "a\0b", "\u001b[2J", "a\u0085b", "a\u2029b"})
  void new_controlCharacter_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Reason(text))
        .withMessageContaining("control character");
  }
}
