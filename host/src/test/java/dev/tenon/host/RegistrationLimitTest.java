package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Health;
import dev.tenon.core.Refusal;
import dev.tenon.core.RegistryLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How many registrations plugins may have, as the operator of the host set it. */
class RegistrationLimitTest {
  private static final String[] SERVICES = {"acme.a.v1.A", "acme.b.v1.B", "acme.c.v1.C"};
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["*"]

      [[provide]]
      plugin = "beta"
      services = ["*"]
      """;

  private static TestHost host(RegistryLimits limits) throws Exception {
    return TestHost.with(POLICY)
        .enrolled("alpha", SERVICES)
        .enrolled("beta", SERVICES)
        .set(host -> host.registryLimits(limits))
        .start();
  }

  private static Refused register(RawPlugin plugin, String service) {
    return Refused.by(() -> plugin.register(service));
  }

  /**
   * One more than a run may have is refused and audited, others are not concerned, and room comes
   * back with an unregistration and with the end of the connection. Row: RG-18, VA-12, RG-9.
   *
   * <p>Denies: Registry/Register LIMIT_REACHED.
   */
  @Test
  void register_oneMoreThanARunMay_refusedUntilThereIsRoom() throws Exception {
    try (TestHost host = host(new RegistryLimits(2, 10, 10, 1, 1))) {
      RawPlugin alpha = host.plugin("alpha");
      String first = alpha.register(SERVICES[0]);
      alpha.register(SERVICES[1]);

      Refused refused = register(alpha, SERVICES[2]);

      assertThat(refused.is(Refusal.LIMIT_REACHED)).isTrue();
      assertThat(refused.text()).isEqualTo(Refusal.LIMIT_REACHED.text());
      assertThat(host.audit.denials("registration"))
          .containsExactly("limit of 2 registrations of one run");
      assertThat(host.plugin("beta").register(SERVICES[2])).isNotEmpty();
      assertThat(host.host().registrations()).hasSize(3);

      var unused =
          alpha
              .registry()
              .unregister(
                  dev.tenon.v1.UnregisterRequest.newBuilder().setRegistrationId(first).build());
      assertThat(alpha.register(SERVICES[2])).isNotEmpty();

      alpha.cutControl();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(host.host().registrations()).hasSize(1));
      assertThat(alpha.register(SERVICES[0])).isNotEmpty();
      assertThat(alpha.register(SERVICES[1])).isNotEmpty();
    }
  }

  /** So is one more than a service or the host may have. Row: RG-18. */
  @Test
  void register_oneMoreThanAServiceOrTheHostMay_refused() throws Exception {
    try (TestHost host = host(new RegistryLimits(3, 1, 2, 1, 1))) {
      host.plugin("alpha").register(SERVICES[0]);

      assertThat(register(host.plugin("beta"), SERVICES[0]).is(Refusal.LIMIT_REACHED)).isTrue();
      host.plugin("beta").register(SERVICES[1]);
      assertThat(register(host.plugin("alpha"), SERVICES[2]).is(Refusal.LIMIT_REACHED)).isTrue();
      assertThat(host.audit.denials("registration"))
          .containsExactly(
              "limit of 1 registrations of one service", "limit of 2 registrations in total");
    }
  }

  /** A host tells what is registered, with the health of who registered it. Row: RG-25. */
  @Test
  void registrations_ofTwoPlugins_eachWithProviderAndHealth() throws Exception {
    try (TestHost host = host(RegistryLimits.DEFAULT)) {
      String a = host.plugin("alpha").register(SERVICES[0]);
      String b = host.plugin("beta").register(SERVICES[1]);
      host.plugin("beta").report(dev.tenon.v1.Health.HEALTH_DEGRADED);

      var before = host.host().registrations();
      host.plugin("alpha").register(SERVICES[2]);

      assertThat(before).extracting(RegistrationStatus::id).containsExactly(a, b);
      assertThat(before)
          .extracting(one -> one.provider().value())
          .containsExactly(host.plugin("alpha").runtimeId(), host.plugin("beta").runtimeId());
      assertThat(before)
          .extracting(one -> one.health().orElseThrow())
          .containsExactly(Health.HEALTHY, Health.DEGRADED);
      assertThat(host.host().registrations()).hasSize(3);
    }
  }
}
