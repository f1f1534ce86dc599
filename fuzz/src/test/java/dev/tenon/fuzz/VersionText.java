package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Version;

/** What must hold for any two texts, with a line feed between, where versions are expected. */
final class VersionText {
  private static final Version ONE = new Version("1.0.0");

  private VersionText() {}

  /**
   * Parses both: a version has one form, the one that it was parsed from, and one place among all
   * others; all else is refused with a harmless message.
   *
   * @return whether both were accepted
   */
  static boolean check(byte[] bytes) {
    String[] texts = new String(bytes, UTF_8).split("\n", 2);
    Version first;
    Version second;
    try {
      first = new Version(texts[0]);
      second = texts.length == 1 ? ONE : new Version(texts[1]);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(first).hasToString(texts[0]).isEqualTo(new Version(texts[0]));
    assertOrdered(first, second);
    assertOrdered(first, ONE);
    if (first.compareTo(ONE) <= 0 && ONE.compareTo(second) <= 0) {
      assertThat(first.compareTo(second)).isNotPositive();
    }
    return true;
  }

  private static void assertOrdered(Version one, Version other) {
    int order = Integer.signum(one.compareTo(other));
    assertThat(order).isEqualTo(-Integer.signum(other.compareTo(one)));
    assertThat(order == 0).isEqualTo(one.equals(other));
    assertThat(one.equals(other)).isEqualTo(one.toString().equals(other.toString()));
  }
}
