package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import java.util.List;
import java.util.stream.Stream;

/** What must hold for any text where a range of versions is expected. */
final class VersionRangeText {
  private static final List<Version> VERSIONS =
      Stream.of("0.0.0", "0.1.0", "1.0.0-rc.1", "1.0.0", "1.2.3", "2.0.0", "999999999999999999.0.0")
          .map(Version::new)
          .toList();

  private VersionRangeText() {}

  /**
   * Parses {@code bytes}: what a range prints is the same range; all else is refused with a
   * harmless message.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    VersionRange range;
    try {
      range = VersionRange.parse(new String(bytes, UTF_8));
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    VersionRange again = VersionRange.parse(range.toString());
    assertThat(again).isEqualTo(range).hasToString(range.toString());
    for (Version version : VERSIONS) {
      assertThat(again.contains(version)).isEqualTo(range.contains(version));
    }
    return true;
  }
}
