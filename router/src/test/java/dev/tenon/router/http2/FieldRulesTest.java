package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fields are separated by a bar. */
class FieldRulesTest {
  private static final String REQUEST = ":method: POST|:scheme: https|:path: /a";

  private static List<HeaderField> fields(String text) {
    return text.isEmpty()
        ? List.of()
        : Stream.of(text.split("\\|", -1)).map(FieldRulesTest::field).toList();
  }

  /** A caret stands for what cannot be in a text of a test. */
  private static HeaderField field(String text) {
    return Blocks.field(text.replace('^', '\n'), HeaderField.Indexing.PLAIN);
  }

  @Test
  void request_asItShouldBe_hasItsLength() throws Exception {
    assertThat(FieldRules.requireRequest(1, fields(REQUEST))).isEqualTo(Http2Stream.ANY_LENGTH);
    assertThat(FieldRules.requireRequest(1, fields(REQUEST + "|:authority: |te: trailers")))
        .isEqualTo(Http2Stream.ANY_LENGTH);
    assertThat(FieldRules.requireRequest(1, fields(REQUEST + "|content-length: 0"))).isZero();
    assertThat(
            FieldRules.requireRequest(
                1, fields(REQUEST + "|content-length: 12|a: b|content-length: 12")))
        .isEqualTo(12);
    assertThat(
            FieldRules.requireRequest(1, fields(REQUEST + "|content-length: 999999999999999999")))
        .isEqualTo(999_999_999_999_999_999L);
  }

  /** Attack: R1, R2, R7, R8. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":scheme: https|:path: /a",
        ":method: POST|:path: /a",
        ":method: POST|:scheme: https",
        ":method: |:scheme: https|:path: /a",
        ":method: POST|:scheme: |:path: /a",
        ":method: POST|:scheme: https|:path: ",
        REQUEST + "|:method: POST",
        REQUEST + "|:scheme: https",
        REQUEST + "|:path: /a",
        REQUEST + "|:authority: x|:authority: x",
        REQUEST + "|a: b|:authority: x",
        ":method: POST|:scheme: https|te: trailers|:path: /a",
        REQUEST + "|:status: 200",
        REQUEST + "|:protocol: websocket",
        REQUEST + "|connection: close",
        REQUEST + "|keep-alive: 1",
        REQUEST + "|proxy-connection: x",
        REQUEST + "|transfer-encoding: chunked",
        REQUEST + "|upgrade: h2c",
        REQUEST + "|te: gzip",
        REQUEST + "|te: trailers, gzip",
        REQUEST + "|Upper: case",
        REQUEST + "|a b: c",
        REQUEST + "|a: b^c",
        REQUEST + "|a:  b",
        REQUEST + "|a: b ",
        REQUEST + "|content-length: ",
        REQUEST + "|content-length: -1",
        REQUEST + "|content-length: 1a",
        REQUEST + "|content-length: 1|content-length: 2",
        REQUEST + "|content-length: 1000000000000000000",
      })
  void request_malformed_endsItsStream(String text) {
    assertRefused(() -> FieldRules.requireRequest(5, fields(text)));
  }

  @Test
  void response_asItShouldBe_isTaken() throws Exception {
    assertThat(FieldRules.requireResponse(1, fields(":status: 200|content-length: 5|te: trailers")))
        .isFalse();
    assertThat(FieldRules.requireResponse(1, fields(":status: 103"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a: b",
        ":status: 200|:status: 200",
        ":status: 20",
        ":status: 2000",
        "a: b|:status: 200",
        "te: trailers|:status: 200",
        ":status: 200|:path: /a",
        ":status: 200|:method: POST",
        ":status: 200|:scheme: https",
        ":status: 200|:authority: a",
        ":status: 200|:other: b",
        ":status: 200|connection: close",
        ":status: 200|te: gzip",
        ":status: 200|Upper: case",
        ":status: 200|content-length: 1|content-length: 2",
      })
  void response_malformed_endsItsStream(String text) {
    assertRefused(() -> FieldRules.requireResponse(5, fields(text)));
  }

  @Test
  void trailers_asTheyShouldBe_areTaken() throws Exception {
    FieldRules.requireTrailers(1, fields(""));
    FieldRules.requireTrailers(1, fields("grpc-status: 0|a-bin: |te: trailers"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":status: 200",
        ":other: b",
        "connection: close",
        "upgrade: x",
        "te: gzip",
        "Upper: case",
        "a: b^",
        "content-length: x",
      })
  void trailers_malformed_endTheirStream(String text) {
    assertRefused(() -> FieldRules.requireTrailers(5, fields(text)));
  }

  private static void assertRefused(ThrowingCallable check) {
    assertThatThrownBy(check)
        .isInstanceOfSatisfying(
            Http2Fault.class,
            fault -> {
              assertThat(fault.stream()).isEqualTo(5);
              assertThat(fault.code()).isEqualTo(ErrorCode.PROTOCOL_ERROR);
              assertThat(fault.getStackTrace()).isEmpty();
            });
  }

  /** Every octet that no name may have, and every one that no value may begin with. */
  @Test
  void field_ofAnyOctet_isWellFormedOrNot() {
    String tokens = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
    for (char c = 0; c < 256; c++) {
      HeaderField named = HeaderField.of("a" + c, "v", HeaderField.Indexing.PLAIN);
      assertThat(named.isWellFormed())
          .as("name with %d", (int) c)
          .isEqualTo(tokens.indexOf(c) >= 0);
      boolean isControl = c == 0 || c == '\r' || c == '\n';
      boolean isBlank = c == ' ' || c == '\t';
      HeaderField within = HeaderField.of("a", "v" + c + "v", HeaderField.Indexing.PLAIN);
      assertThat(within.isWellFormed()).as("value with %d", (int) c).isEqualTo(!isControl);
      for (String value : Arrays.asList("v" + c, c + "v")) {
        HeaderField at = HeaderField.of("a", value, HeaderField.Indexing.PLAIN);
        assertThat(at.isWellFormed()).isEqualTo(!isControl && !isBlank);
      }
    }
  }
}
