package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Annotations;
import java.util.HashMap;
import java.util.Map;

/** What must hold for any metadata: lines of key, {@code =} and value. */
final class AnnotationsText {
  private AnnotationsText() {}

  /**
   * Takes {@code bytes} as entries: accepted ones are kept as they are, within their limits, and do
   * not change any more; all else is refused with a harmless message that names no value.
   *
   * @return whether they were accepted
   */
  static boolean check(byte[] bytes) {
    Map<String, String> entries = new HashMap<>();
    for (String line : new String(bytes, UTF_8).split("\n", -1)) {
      int equals = line.indexOf('=');
      entries.put(equals < 0 ? line : line.substring(0, equals), line.substring(equals + 1));
    }
    Annotations annotations;
    try {
      annotations = new Annotations(entries);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(annotations.entries()).isEqualTo(entries).hasSizeLessThanOrEqualTo(100);
    annotations
        .entries()
        .forEach(
            (key, value) -> {
              assertThat(key).matches("[A-Za-z][A-Za-z0-9_.-]{0,255}");
              assertThat(value.getBytes(UTF_8)).hasSizeLessThanOrEqualTo(4096);
              assertThat(value.chars().noneMatch(Character::isISOControl)).isTrue();
            });
    entries.clear();
    assertThat(annotations.entries()).isNotEmpty();
    return true;
  }
}
