package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: VA-4, G11. */
class VersionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0",
        "1.0.0",
        "1.0.0-rc.1",
        "1.0.0-0",
        "1.0.0-0a",
        "1.0.0-rc.0a.0",
        "1.0.0--",
        "1.0.0-01a",
        "1.0.0-a-b.c-1",
        "9007199254740993.0.0",
        "999999999999999999.0.0",
        "1.0.0-99999999999999999999"
      })
  void new_semantic_accepted(String text) {
    assertThat(new Version(text)).hasToString(text).isEqualTo(new Version(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "v1.0.0",
        "=1.0.0",
        "1",
        "1.0",
        "1.0.0.0",
        "01.2.3",
        "1.02.3",
        "1.2.03",
        "1.2.3-01",
        "1.2.3-rc.01",
        "1.2.3-00",
        "1.2.3-",
        "1.0.0-a..b",
        "1.0.0-a.",
        "1.0.0-.a",
        "1.0.0-a_b",
        "1.0.0+b",
        "1.0.0-a+b",
        " 1.0.0",
        "1.0.0 ",
        "1.0.0\n",
        "1.0.0\0",
        "-1.0.0",
        "1.-1.0",
        "+1.0.0",
        "\u0661.0.0",
        "1.0.0-\u0430",
        "latest",
        "*",
        "1000000000000000000.0.0"
      })
  void new_other_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Version(text))
        .withMessageStartingWith("version: ")
        .withMessageContaining("(expected: a semantic version");
  }

  @Test
  void new_length_upTo64Bytes() {
    assertThat(new Version("1.0.0-" + "a".repeat(58)).toString()).hasSize(64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Version("1.0.0-" + "a".repeat(59)))
        .withMessageContaining("at most 64 bytes");
  }

  @Test
  void new_numberOfTenThousandDigits_refusedWithShortMessage() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Version("9".repeat(10_000) + ".0.0"))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }

  /** The order of Semantic Versioning, section 11, with numbers of any length. */
  @Test
  void compareTo_ladder_ordered() {
    List<Version> ladder =
        Stream.of(
                "0.9.10",
                "1.0.0--1.0",
                "1.0.0",
                "1.9.0",
                "1.10.0",
                "2.0.0-2",
                "2.0.0-10",
                "2.0.0-9007199254740992",
                "2.0.0-9007199254740993",
                "2.0.0-99999999999999999998",
                "2.0.0-99999999999999999999",
                "2.0.0-1a",
                "2.0.0-A",
                "2.0.0-alpha",
                "2.0.0-alpha.1",
                "2.0.0-alpha.beta",
                "2.0.0-beta",
                "2.0.0-beta.2",
                "2.0.0-beta.11",
                "2.0.0-rc.1",
                "2.0.0",
                "9007199254740992.0.0",
                "9007199254740993.0.0")
            .map(Version::new)
            .toList();
    List<Version> shuffled = new ArrayList<>(ladder);
    Collections.shuffle(shuffled, new java.util.Random(7));

    assertThat(shuffled.stream().sorted()).containsExactlyElementsOf(ladder);
    for (int i = 0; i < ladder.size(); i++) {
      for (int j = 0; j < ladder.size(); j++) {
        assertThat(Integer.signum(ladder.get(i).compareTo(ladder.get(j))))
            .as("%s and %s", ladder.get(i), ladder.get(j))
            .isEqualTo(Integer.signum(Integer.compare(i, j)));
      }
    }
  }

  /** The order is total: antisymmetric, transitive, and equal only for the same text. */
  @Property
  void compareTo_anyThree_totalOrder(
      @ForAll("versions") Version a, @ForAll("versions") Version b, @ForAll("versions") Version c) {
    assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
    assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b)).isEqualTo(a.toString().equals(b + ""));
    if (a.compareTo(b) <= 0 && b.compareTo(c) <= 0) {
      assertThat(a).isLessThanOrEqualTo(c);
    }
  }

  /** What is accepted is written as it was read, and nothing but the refusal is thrown. */
  @Property
  void new_anyText_exactOrRefused(@ForAll("nearlyVersions") String text) {
    try {
      Version version = new Version(text);
      assertThat(version).hasToString(text).isEqualByComparingTo(new Version(text));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("version: ");
    }
  }

  @Provide
  Arbitrary<Version> versions() {
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 2);
    Arbitrary<String> preRelease =
        Arbitraries.of("", "", "-0", "-2", "-10", "-1a", "-a", "-a.1", "-a.b", "-A", "--", "-9a");
    return Combinators.combine(number, number, number, preRelease)
        .as((major, minor, patch, pre) -> new Version(major + "." + minor + "." + patch + pre));
  }

  @Provide
  Arbitrary<String> nearlyVersions() {
    return Arbitraries.strings().withChars("0123456789..--aZ+v ").ofMaxLength(70);
  }
}
