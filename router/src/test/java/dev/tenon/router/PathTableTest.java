package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attacks R1, R3, R5: a path has one form, and no second reading of another form reaches a
 * provider. The values are written behind the slash that gRPC adds.
 *
 * <p>Row: RT-1, TE-7
 */
final class PathTableTest {
  private static final EchoProvider PROVIDER = new EchoProvider();
  private static Wire wire;
  private static Wire.Caller caller;

  @BeforeAll
  static void open() throws Exception {
    wire = new Wire();
    wire.provide(Names.WORDS, Names.ECHO, PROVIDER);
    caller = wire.enrol(Names.CALLER);
  }

  @AfterAll
  static void close() {
    wire.close();
  }

  /** Attack: P5. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "*",
        "Unary",
        "testservice.v1.Echo",
        "testservice.v1.Echo/",
        "/Unary",
        "/testservice.v1.Echo/Unary",
        "testservice.v1.Echo//Unary",
        "testservice.v1.Echo/Unary/",
        "testservice.v1.Echo/Unary?x=1",
        "testservice.v1.Echo/Unary#f",
        "x/../testservice.v1.Echo/Unary",
        "./testservice.v1.Echo/Unary",
        "testservice.v1.Echo%2FUnary",
        "testservice.v1.%45cho/Unary",
        "testservice.v1.Echo/Un ary",
        "testservice.v1.Echo\\Unary",
        ".testservice.v1.Echo/Unary",
        "testservice..v1.Echo/Unary",
        "testservice.v1.Echo:443/Unary"
      })
  void path_inAnyOtherForm_isUnimplemented(String path) {
    StatusRuntimeException refusal = Plane.refusal(caller.channel(), path);
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
    assertThat(refusal.getStatus().getDescription()).isEqualTo("service not provided");
    assertThat(PROVIDER.calls).hasValue(0);
    assertThat(wire.audit.reasons()).isNotEmpty().containsOnly("malformed path");
    assertThat(wire.audit.events()).allMatch(event -> event.resource() == null);
  }

  /**
   * It is no value of HTTP/2 (RFC 9113, section 8.2.1): the stream ends with PROTOCOL_ERROR, before
   * anybody is asked.
   */
  @Test
  void path_withAControl_isNoRequest() {
    StatusRuntimeException refusal =
        Plane.refusal(caller.channel(), "testservice.v1.Echo/Unary\u0000");

    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.INTERNAL);
    assertThat(refusal.getStatus().getDescription()).contains("PROTOCOL_ERROR");
    assertThat(PROVIDER.calls).hasValue(0);
    assertThat(wire.audit.events()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"testservice.v1.echo/Unary", "TESTSERVICE.v1.Echo/Unary"})
  void service_inAnotherCase_isAnotherService(String path) {
    assertThat(Plane.refusal(caller.channel(), path).getStatus().getCode())
        .isIn(Code.PERMISSION_DENIED, Code.UNIMPLEMENTED);
    assertThat(PROVIDER.calls).hasValue(0);
    wire.audit.events().clear();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 4_000})
  void path_tooLong_isUnimplemented(int length) {
    StatusRuntimeException refusal =
        Plane.refusal(caller.channel(), "testservice.v1.Echo/" + "m".repeat(length + 40));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.UNIMPLEMENTED);
    assertThat(PROVIDER.calls).hasValue(0);
  }
}
