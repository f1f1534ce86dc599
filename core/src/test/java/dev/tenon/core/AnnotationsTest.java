package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: VA-1, VA-6. */
class AnnotationsTest {
  private static Map<String, String> entries(int count) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      entries.put("k" + i, "v");
    }
    return entries;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 99, 100})
  void new_upTo100Entries_accepted(int count) {
    assertThat(new Annotations(entries(count)).entries()).hasSize(count);
  }

  @Test
  void new_101Entries_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(entries(101)))
        .withMessage("metadata: 101 entries (expected: at most 100)");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 255, 256})
  void new_keyUpTo256Bytes_accepted(int length) {
    assertThat(new Annotations(Map.of("k".repeat(length), "")).entries()).hasSize(1);
  }

  @Test
  void new_keyOf257Bytes_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(Map.of("k".repeat(257), "v")))
        .withMessageContaining("at most 256 bytes");
  }

  @ParameterizedTest
  @ValueSource(ints = {4095, 4096})
  void new_valueUpTo4096Bytes_accepted(int length) {
    assertThat(new Annotations(Map.of("k", "v".repeat(length))).entries()).hasSize(1);
  }

  @Test
  void new_valueOf4097Bytes_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(Map.of("k", "v".repeat(4097))))
        .withMessageContaining("4097 bytes (expected: at most 4096)");
  }

  /** Bytes count, not characters. Row: VA-6. */
  @Test
  void new_valueOf1366ThreeByteCharacters_refused() {
    assertThat(new Annotations(Map.of("k", "\u20ac".repeat(1365))).entries()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(Map.of("k", "\u20ac".repeat(1366))))
        .withMessageContaining("4098 bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "Z", "a1", "a_b-c.d", "a.", "kv.service"})
  void new_keyOfPattern_accepted(String key) {
    assertThat(new Annotations(Map.of(key, "v")).entries()).containsKey(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1a",
        "_a",
        "-a",
        ".a",
        "a b",
        "a/b",
        "a\0",
        "a\n",
        "\u00e9",
        "kv.s\u0435rvice",
        "a\u200db",
        "\uff41"
      })
  void new_keyOffPattern_refused(String key) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(Map.of(key, "v")))
        .withMessageStartingWith("metadata key: ")
        .withMessageNotContainingAny("\0", "\n", "\u200d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "a\nb", "a\rb", "\t", "\u001b[31m", "\u007f", "\u0085", "\u2028"})
  void new_valueWithControlCharacter_refused(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Annotations(Map.of("k", value)))
        .withMessageContaining("control character");
  }

  @Test
  void entries_sourceChanges_unaffectedAndImmutable() {
    Map<String, String> source = new HashMap<>(Map.of("k", "v"));
    Annotations annotations = new Annotations(source);
    source.put("k2", "v2");

    assertThat(annotations.entries()).containsOnly(Map.entry("k", "v"));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> annotations.entries().put("x", "y"));
  }
}
