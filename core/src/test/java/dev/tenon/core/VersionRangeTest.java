package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: VA-4, RG-12, G11, G12. */
class VersionRangeTest {
  private static boolean contains(String range, String version) {
    return VersionRange.parse(range).contains(new Version(version));
  }

  /** Per line: a range, versions that will do, versions that will not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        ">=1.9.0; 1.9.0 1.10.0 10.0.0; 1.8.9 1.9.0-rc.1 2.0.0-rc.1",
        ">= 1.9.0; 1.9.0; 1.8.9",
        ">1.0.0; 1.0.1 2.0.0; 1.0.0 0.9.0",
        ">1; 2.0.0; 1.0.0 1.9.9",
        ">1.2; 1.3.0; 1.2.0 1.2.9",
        "<1.0.0; 0.9.9; 1.0.0 1.0.0-rc.1",
        "<1.x; 0.9.9; 1.0.0",
        "<=1.0.0; 1.0.0 0.1.0; 1.0.1",
        "<=1.2; 1.2.9; 1.3.0",
        "1.2.3; 1.2.3; 1.2.4 1.2.3-rc.1",
        "=1.2.3; 1.2.3; 1.2.4",
        "=1.2; 1.2.0 1.2.9; 1.3.0 1.1.9",
        "1; 1.0.0 1.99.0; 2.0.0 0.9.0",
        "1.x; 1.0.0 1.99.0; 2.0.0 0.9.0",
        "1.X.*; 1.0.0; 2.0.0",
        "1.2.x; 1.2.0 1.2.9; 1.3.0",
        "*; 0.0.0 9.9.9; 1.0.0-rc.1",
        "x; 0.0.0 9.9.9; 1.0.0-rc.1",
        ">=*; 0.0.0; 1.0.0-rc.1",
        "^1.2.3; 1.2.3 1.99.0; 1.2.2 2.0.0 2.0.0-rc.1",
        "^0.2.3; 0.2.3 0.2.9; 0.3.0 0.2.2",
        "^0.0.3; 0.0.3; 0.0.4 0.0.2",
        "^0.0; 0.0.0 0.0.9; 0.1.0",
        "^0; 0.0.0 0.9.0; 1.0.0",
        "^1.x; 1.0.0 1.9.9; 2.0.0",
        "^1.2.3-rc.2; 1.2.3-rc.2 1.2.3-rc.10 1.2.3 1.5.0; 1.2.3-rc.1 1.2.4-rc.3 2.0.0",
        "~1.2.3; 1.2.3 1.2.9; 1.3.0 1.2.2",
        "~1.2; 1.2.0; 1.3.0",
        "~1; 1.0.0 1.9.0; 2.0.0",
        "~0.0.1; 0.0.9; 0.1.0",
        "1.0.0 - 2.0.0; 1.0.0 2.0.0; 2.0.1 0.9.9",
        "1.0.0 - 2; 2.9.9; 3.0.0",
        "1 - 2.3; 1.0.0 2.3.9; 2.4.0",
        ">=1.0.0 <2.0.0; 1.0.0 1.9.9; 2.0.0 2.0.0-rc.1 0.9.0",
        "^1.2.3 <1.5.0; 1.2.3 1.4.9; 1.0.0 1.5.0",
        "<1.5.0 ^1.2.3; 1.2.3 1.4.9; 1.0.0 1.5.0",
        "^1.0.0 || ^3.0.0; 1.1.0 3.1.0; 2.0.0 4.0.0",
        "1||2; 1.0.0 2.0.0; 3.0.0",
        ">=2.0.0-rc.1 <3.0.0; 2.0.0-rc.1 2.0.0-rc.2 2.5.0; 2.0.0-beta 2.0.1-rc.1 3.0.0",
        ">=1.0.0-1a; 1.0.0-1b 1.0.0; 1.0.0-2",
        ">=1.0.0-99999999999999999999; 1.0.0-99999999999999999999 1.0.0-a; 1.0.0-2",
        ">=9007199254740993.0.0; 9007199254740993.0.0; 9007199254740992.9.9",
        "^999999999999999999.0.0; 999999999999999999.1.0; 1.0.0",
        "  >=1.0.0   <2.0.0  ; 1.0.0; 2.0.0"
      })
  void contains_table_asNpm(String range, String inside, String outside) {
    assertThat(inside.split(" ")).allSatisfy(v -> assertThat(contains(range, v)).as(v).isTrue());
    assertThat(outside.split(" ")).allSatisfy(v -> assertThat(contains(range, v)).as(v).isFalse());
  }

  @Test
  void any_everyVersion_contained() {
    assertThat(VersionRange.parse("")).isSameAs(VersionRange.ANY);
    assertThat(contains("", "0.0.0-alpha")).isTrue();
    assertThat(contains("", "9.0.0")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "latest",
        "v1.0.0",
        ">=v1.0.0",
        "1.0.0.0",
        "01.0.0",
        "1.0.0-01",
        "1.0.0-",
        "1.0.0+b",
        "1.2-rc",
        "1.x.3",
        "*.1",
        "1.",
        ".1",
        "1..2",
        ">=",
        "^",
        "=>1.0.0",
        "><1.0.0",
        "==1.0.0",
        "^^1.0.0",
        "~>1.0.0",
        ">*",
        "<x",
        "1.0.0 -",
        "- 1.0.0",
        "1.0.0 -2.0.0",
        "1.0.0 - 2.0.0 3.0.0",
        ">=1.0.0<2.0.0",
        ">=1.0.0, <2.0.0",
        ">=1.0.0 garbage1",
        ">=1.0.0 || garbage1",
        "garbage1 || >=1.0.0",
        ">=1.0.0 ||",
        "|| 1",
        "1 |||| 2",
        "1 | 2",
        "||",
        "[1.0.0,2.0.0]",
        "1.0.0\n",
        "\t1.0.0",
        "1.0.0\u00a0",
        "\u0661.0.0",
        "1000000000000000000.0.0"
      })
  void parse_other_refused(String range) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VersionRange.parse(range))
        .withMessageStartingWith("version range: ")
        .withMessageContaining("(expected: ");
  }

  /** A hostile range costs no time: its length is checked first. Row: G12. */
  @Test
  void parse_tenThousandAlternatives_refusedByLength() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VersionRange.parse(">=1 ||".repeat(10_000)))
        .withMessageContaining("at most 256 bytes");
    assertThat(VersionRange.parse("1||".repeat(84) + "1.01".substring(0, 3)).toString())
        .hasSize(255);
  }

  @Test
  void parse_length_upTo256Bytes() {
    assertThat(contains("1||".repeat(85) + "2", "2.0.0")).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VersionRange.parse("1||".repeat(85) + "22"));
  }

  /** The longest ranges of each kind of token take no time either. Row: G12. */
  @ParameterizedTest
  @ValueSource(
      strings = {"1", "a", "0", "-", ".", "1.", "x.", " ", "1 ", "1-", ">", "||", "1.1.1-0"})
  void parse_longestRepetition_fast(String token) {
    String text = token.repeat(256 / token.length());

    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (String start : new String[] {"", "1.0.0-", ">=1.0.0 "}) {
            String range =
                (start + text).substring(0, Math.min(256, start.length() + text.length()));
            try {
              VersionRange.parse(range).contains(new Version("1.0.0"));
            } catch (IllegalArgumentException e) {
              assertThat(e).hasMessageStartingWith("version range: ");
            }
          }
        });
  }

  @Test
  void equals_sameText_equal() {
    assertThat(VersionRange.parse("^1.0.0"))
        .isEqualTo(VersionRange.parse("^1.0.0"))
        .hasSameHashCodeAs(VersionRange.parse("^1.0.0"))
        .isNotEqualTo(VersionRange.parse("^1.0.1"))
        .hasToString("^1.0.0");
  }

  /** Any text is a range that can be asked, or refused; nothing else is thrown. Row: G11. */
  @Property
  void parse_anyText_usableOrRefused(@ForAll("nearlyRanges") String text) {
    try {
      VersionRange range = VersionRange.parse(text);
      assertThat(range).hasToString(text);
      boolean unused = range.contains(new Version("1.0.0-99999999999999999999"));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("version range: ");
    }
  }

  @Provide
  Arbitrary<String> nearlyRanges() {
    return Arbitraries.of(
            "1", "0", "2.0", "1.2.3", "-rc.1", "x", "*", ">=", "<", "^", "~", " ", " - ", "||", ".",
            "a")
        .list()
        .ofMaxSize(12)
        .map(tokens -> String.join("", tokens));
  }
}
