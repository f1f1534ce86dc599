package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Registrations live as long as their plugin has a connection to control. */
class ControlLeaseTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true
      """;

  /** The end of the connection ends them, and they can be made again over the next one. */
  @Test
  void control_connectionLost_registrationsGoAndComeAgain() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);

      alpha.cutControl();

      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(host.host().plugins().get(0).services()).isEmpty());
      alpha.register(NamedEcho.SERVICE);
      assertThat(host.host().plugins().get(0).services()).hasSize(1);
    }
  }

  /** A second connection keeps them when the first one ends. */
  @Test
  void control_oneOfTwoConnectionsLost_registrationsStay() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);
      var second = alpha.connect(alpha.bootstrap.control(), alpha.credentials());
      RawPlugin.deadline(
              dev.tenon.v1.LifecycleGrpc.newBlockingStub(
                  RawPlugin.authorized(second, alpha.bearer())))
          .reportHealth(
              dev.tenon.v1.ReportHealthRequest.newBuilder()
                  .setHealth(dev.tenon.v1.Health.HEALTH_HEALTHY)
                  .build());

      alpha.cutControl();
      String again = alpha.register(NamedEcho.SERVICE);
      alpha.cutControl();

      assertThat(again).isNotEmpty();
      assertThat(host.host().plugins().get(0).services()).hasSize(1);
    }
  }
}
