package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import io.grpc.Status;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names made to escape from a path, a log line or a comparison. */
class HostileNameTest {
  static Stream<String> names() {
    return Stream.of(
        "",
        "a".repeat(129),
        "../x",
        "/etc/passwd",
        "al\u00ffa",
        "\u0430lpha",
        "alpha\u0000",
        "alpha\n",
        "Alpha",
        "alpha ",
        "host");
  }

  /** As a plugin's name: refused, and nothing is issued. Row: HS-6. */
  @ParameterizedTest
  @MethodSource("names")
  void enrol_hostileName_noIdentity(String name) throws Exception {
    try (TestHost host = TestHost.with("").silent("first").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused = Refused.by(() -> alpha.enrol(alpha.enrolRequest().setPlugin(name).build()));

      assertThat(refused.code()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertNothingIssued(host);
    }
  }

  /** As a runtime id: refused as malformed, and nothing is issued. Row: HS-6. */
  @ParameterizedTest
  @MethodSource("names")
  void enrol_hostileRuntimeId_noIdentity(String name) throws Exception {
    try (TestHost host = TestHost.with("").silent("first").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");

      Refused refused =
          Refused.by(() -> alpha.enrol(alpha.enrolRequest().setRuntimeId(name).build()));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).contains("runtime_id").doesNotContain("\u0000", "\n", "\u0430");
      assertNothingIssued(host);
    }
  }

  private static void assertNothingIssued(TestHost host) {
    assertThat(host.audit.entries())
        .filteredOn(entry -> entry.event().equals("enrolment"))
        .allSatisfy(entry -> assertThat(entry.outcome()).isEqualTo("denied"))
        .hasSize(1);
  }
}
