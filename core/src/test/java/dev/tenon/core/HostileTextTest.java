package dev.tenon.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Text made to cost time, or to be taken for another. */
class HostileTextTest {
  private static final int MEBIBYTE = 1 << 20;

  /** Wide enough for a machine that is busy; backtracking over a mebibyte would take hours. */
  private static final Duration BOUND = Duration.ofSeconds(10);

  private static final Map<String, Consumer<String>> PARSERS =
      Map.of(
          "plugin name", PluginName::new,
          "runtime id", RuntimeId::new,
          "service name", ServiceName::new,
          "trust domain", TrustDomain::new,
          "version", Version::new,
          "version range", VersionRange::parse,
          "SPIFFE ID", SpiffeId::parse);

  private static final List<String> UNITS =
      List.of("a", "1", "a.", "1.", "-", ".", "/", " ", ">=1 ", "1.0.0-a.", "||", "\u0430", "a-");

  static Stream<Arguments> parsersAndUnits() {
    return PARSERS.keySet().stream()
        .flatMap(parser -> UNITS.stream().map(unit -> Arguments.of(parser, unit)));
  }

  /** A mebibyte of anything is refused, in time that grows with its length. Row: VA-14. */
  @ParameterizedTest
  @MethodSource("parsersAndUnits")
  void parse_mebibyte_refusedInTime(String name, String unit) {
    Consumer<String> parser = requireNonNull(PARSERS.get(name), name);
    String huge = unit.repeat(MEBIBYTE / unit.length());
    assertTimeoutPreemptively(
        BOUND,
        () -> {
          for (String text : List.of(huge, "1.0.0-" + huge, "spiffe://a/" + huge, huge + "!")) {
            assertThatIllegalArgumentException().isThrownBy(() -> parser.accept(text));
          }
        });
  }

  /** What is too short for its form is refused as such, not by an index. Row: VA-9. */
  @ParameterizedTest
  @ValueSource(strings = {".", "/", "-", ".1.2", "spiffe:", "spiffe://", "a/", ":"})
  void parse_shortText_refused(String text) {
    PARSERS.forEach(
        (name, parser) ->
            assertThatIllegalArgumentException().as(name).isThrownBy(() -> parser.accept(text)));
  }

  /** Letters of other alphabets, and compositions, are in no name. Row: VA-13. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "l\u043egger", // Cyrillic o
        "logger\u200b", // zero width space
        "caf\u00e9", // composed
        "cafe\u0301", // decomposed
        "\uff4cogger", // full width l
        "\u0131ogger" // dotless i
      })
  void name_lookAlike_refused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> new PluginName(text));
    assertThatIllegalArgumentException().isThrownBy(() -> new ServiceName("acme." + text));
    assertThatIllegalArgumentException().isThrownBy(() -> new TrustDomain(text));
  }

  /** Case tells services apart, and a plugin name has one case alone. Row: VA-13. */
  @Test
  void name_otherCase_distinctOrRefused() {
    assertThat(new ServiceName("acme.Logger")).isNotEqualTo(new ServiceName("acme.logger"));
    assertThatIllegalArgumentException().isThrownBy(() -> new PluginName("Logger"));
    assertThatIllegalArgumentException().isThrownBy(() -> new TrustDomain("Example.org"));
  }
}
