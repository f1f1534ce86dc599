package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row: VA-5. */
class CallPathTest {
  @Test
  void parse_serviceAndMethod_accepted() {
    CallPath path = CallPath.parse("/a.v1.A/B");

    assertThat(path)
        .isEqualTo(new CallPath(new ServiceName("a.v1.A"), "B"))
        .hasToString("/a.v1.A/B");
    assertThat(CallPath.ofFullMethodName("a.v1.A/B")).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "//",
        "a",
        "a.v1.A/B",
        "/a.v1.A",
        "/a.v1.A/",
        "//B",
        "/../x",
        "/./x",
        "/a/../x",
        "/a/..",
        "/a/.",
        "/a/%2e%2e/",
        "/a/%42",
        "/%61/B",
        "//svc/m",
        "/svc//m",
        "/svc/m/",
        "/svc/m/n",
        "/svc/m?x",
        "/svc/m#x",
        "/svc/m;x",
        "/svc\\m",
        "/svc/m\0",
        "/sv\0c/m",
        "/svc/m\n",
        " /svc/m",
        "/svc/m ",
        "/svc/1m",
        "/svc/m-n",
        "/svc/m.n",
        "/svc/*",
        "*",
        "http://h/svc/m",
        "/svc/\u0435",
        "/s\u0435rvice/m"
      })
  void parse_other_refused(String path) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallPath.parse(path))
        .withMessageContaining("(expected: ");
  }

  @Test
  void parse_length_upTo256Bytes() {
    assertThat(CallPath.parse("/svc/" + "m".repeat(251)).toString()).hasSize(256);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallPath.parse("/svc/" + "m".repeat(252)))
        .withMessageContaining("at most 256 bytes");
  }

  @Test
  void ofFullMethodName_leadingSlash_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> CallPath.ofFullMethodName("/svc/m"));
  }

  /** A path is either itself again or refused: nothing is normalised. */
  @Property
  void parse_anyText_exactOrRefused(@ForAll("nearlyPaths") String text) {
    try {
      assertThat(CallPath.parse(text)).hasToString(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).matches("[ -~]*");
    }
  }

  @Provide
  Arbitrary<String> nearlyPaths() {
    return Arbitraries.strings().withChars("/aB1_.%2e?\0 \u0435").ofMaxLength(20);
  }
}
