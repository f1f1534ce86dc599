package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Status;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What plugins say of themselves, and of nobody else. */
class HealthReportTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]

      [[rule]]
      id = "beta"
      effect = "allow"
      caller = "beta"
      service = "testservice.v1.Echo"
      """;

  static Stream<Arguments> bad() {
    ReportHealthRequest healthy =
        ReportHealthRequest.newBuilder().setHealth(Health.HEALTH_HEALTHY).build();
    ReportHealthRequest.Builder many = healthy.toBuilder();
    IntStream.rangeClosed(1, 101).forEach(n -> many.addUnavailable("acme.v1.S" + n));
    return Stream.of(
        Arguments.of("health", ReportHealthRequest.getDefaultInstance()),
        Arguments.of("health", healthy.toBuilder().setHealthValue(4).build()),
        Arguments.of("health", healthy.toBuilder().setHealthValue(-1).build()),
        Arguments.of("reason", healthy.toBuilder().setReason("r".repeat(1025)).build()),
        Arguments.of("reason", healthy.toBuilder().setReason("\u00e4".repeat(513)).build()),
        Arguments.of("reason", healthy.toBuilder().setReason("a\nb").build()),
        Arguments.of("reason", healthy.toBuilder().setReason("a\u0000b").build()),
        Arguments.of("unavailable", many.build()),
        Arguments.of("unavailable", healthy.toBuilder().addUnavailable("../x").build()));
  }

  /** A report that breaks its limits is refused by name and changes nothing. Row: LC-1. */
  @ParameterizedTest
  @MethodSource("bad")
  void reportHealth_breaksLimits_invalidAndNothingChanges(String field, ReportHealthRequest bad)
      throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.report(Health.HEALTH_UNHEALTHY);

      Refused refused = Refused.by(() -> alpha.lifecycle().reportHealth(bad));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      assertThat(refused.text()).startsWith(field + ": ");
      assertThat(host.host().plugins().get(0).state()).isInstanceOf(PluginState.Unhealthy.class);
    }
  }

  /** A reason may have 1,024 bytes, and the operator sees it. Row: LC-1. */
  @Test
  void reportHealth_longestReason_taken() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").start()) {
      String reason = "r".repeat(1024);
      var unused =
          host.plugin("alpha")
              .lifecycle()
              .reportHealth(
                  ReportHealthRequest.newBuilder()
                      .setHealth(Health.HEALTH_DEGRADED)
                      .setReason(reason)
                      .build());

      assertThat(host.host().plugins().get(0).state())
          .isInstanceOfSatisfying(
              PluginState.Degraded.class,
              degraded -> assertThat(degraded.reason().text()).isEqualTo(reason));
    }
  }

  /**
   * A report is about its sender: the message has no other, and a token of another is refused. Row:
   * LC-1.
   */
  @Test
  void reportHealth_byAnother_neverAboutAlpha() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").enrolled("beta").start()) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");

      beta.report(Health.HEALTH_UNHEALTHY);
      Refused stolen =
          Refused.by(
              () ->
                  RawPlugin.deadline(LifecycleGrpc.newBlockingStub(beta.control(alpha.bearer())))
                      .reportHealth(
                          ReportHealthRequest.newBuilder()
                              .setHealth(Health.HEALTH_UNHEALTHY)
                              .build()));
      Refused nobody =
          Refused.by(
              () ->
                  RawPlugin.deadline(LifecycleGrpc.newBlockingStub(beta.control()))
                      .reportHealth(
                          ReportHealthRequest.newBuilder()
                              .setHealth(Health.HEALTH_UNHEALTHY)
                              .build()));

      assertThat(stolen.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(nobody).isEqualTo(stolen);
      assertThat(host.host().plugins().get(0).state()).isInstanceOf(PluginState.Healthy.class);
      assertThat(host.host().plugins().get(1).state()).isInstanceOf(PluginState.Unhealthy.class);
    }
  }

  /**
   * Registered and silent about its health, a plugin gets no calls; the first report opens it. Row:
   * LC-1.
   */
  @Test
  void call_beforeFirstReport_unavailable() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("alpha").silent("beta").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.enrol(NamedEcho.SERVICE);
      NamedEcho echo = new NamedEcho("alpha");
      alpha.serve(echo);
      alpha.register(NamedEcho.SERVICE);
      RawPlugin beta = host.plugin("beta");
      beta.enrol();

      Refused early = Refused.by(() -> call(beta));
      assertThat(early.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(echo.calls).hasValue(0);

      alpha.healthy();
      assertThat(call(beta)).isEqualTo("alpha");
      alpha.report(Health.HEALTH_UNHEALTHY);
      assertThat(Refused.by(() -> call(beta)).code()).isEqualTo(Status.Code.UNAVAILABLE);
      alpha.report(Health.HEALTH_DEGRADED);
      assertThat(call(beta)).isEqualTo("alpha");
    }
  }

  private static String call(RawPlugin caller) {
    return RawPlugin.deadline(EchoGrpc.newBlockingStub(caller.data(caller.bearer())))
        .unary(EchoRequest.getDefaultInstance())
        .getPayload()
        .toStringUtf8();
  }
}
