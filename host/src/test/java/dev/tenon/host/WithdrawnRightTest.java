package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Annotations;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.ProviderClaims;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.WatchState;
import dev.tenon.v1.WithdrawRightRequest;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Rights to provide that are taken back while the plugin runs. */
class WithdrawnRightTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo", "testservice.v1.Other"]

      [[rule]]
      id = "beta-echoes"
      effect = "allow"
      caller = "beta"
      service = "testservice.v1.Echo"
      """;

  private static TestHost start() throws Exception {
    TestHost host =
        TestHost.with(POLICY)
            .admins("alice")
            .enrolled("alpha", NamedEcho.SERVICE, NamedOther.SERVICE)
            .enrolled("beta")
            .start();
    RawPlugin alpha = host.plugin("alpha");
    alpha.serve(new NamedEcho("alpha"));
    alpha.register(NamedEcho.SERVICE);
    alpha.register(NamedOther.SERVICE);
    return host;
  }

  private static void echo(RawPlugin beta) {
    var unused =
        RawPlugin.deadline(EchoGrpc.newBlockingStub(beta.data(beta.bearer())))
            .unary(EchoRequest.getDefaultInstance());
  }

  /**
   * The registration is gone, who watches is told, calls are refused, and so is registering again;
   * what else the plugin provides stays. Row: RG-24.
   */
  @Test
  void withdraw_byAdmin_endsRegistrationWatchesAndCalls() throws Exception {
    try (TestHost host = start();
        AdminClient alice = AdminClient.of(host, "alice")) {
      RawPlugin alpha = host.plugin("alpha");
      RawPlugin beta = host.plugin("beta");
      Watched watched = Watched.by(beta, NamedEcho.SERVICE);
      assertThat(watched.next().getState()).isEqualTo(WatchState.WATCH_STATE_AVAILABLE);
      echo(beta);

      var unused =
          alice
              .stub()
              .withdrawRight(
                  WithdrawRightRequest.newBuilder()
                      .setPlugin("alpha")
                      .setService(NamedEcho.SERVICE)
                      .setReason("answers wrongly")
                      .build());

      assertThat(host.host().registrations())
          .extracting(claim -> claim.service().value())
          .containsExactly(NamedOther.SERVICE);
      assertThat(watched.next().getState()).isEqualTo(WatchState.WATCH_STATE_UNAVAILABLE);
      assertThat(Refused.by(() -> echo(beta)).is(Refusal.UNAVAILABLE)).isTrue();
      assertThat(Refused.by(() -> alpha.register(NamedEcho.SERVICE)).is(Refusal.NOT_ALLOWED))
          .isTrue();
      assertThat(host.audit.entries())
          .anyMatch(
              entry ->
                  entry.event().equals("policy")
                      && entry.actor().equals("admin/alice")
                      && entry.reason().equals("answers wrongly"))
          .anyMatch(
              entry ->
                  entry.action().equals("withdraw") && entry.resource().equals(NamedEcho.SERVICE));
    }
  }

  /** A policy that gives a right no more, and one that gives it again. Row: RG-24. */
  @Test
  void replace_policyWithoutTheRight_endsTheRegistrationUntilItIsGivenAgain() throws Exception {
    try (TestHost host = start()) {
      RawPlugin alpha = host.plugin("alpha");
      String without = POLICY.replace("\"testservice.v1.Echo\", ", "");

      host.host().policy().replace(Policy.parse(without), "less");
      assertThat(host.host().registrations())
          .extracting(claim -> claim.service().value())
          .containsExactly(NamedOther.SERVICE);

      host.host().policy().replace(Policy.parse(POLICY), "as before");
      alpha.register(NamedEcho.SERVICE);
      echo(host.plugin("beta"));
    }
  }

  /** A right that goes while its registration is being recorded. Row: RG-24. */
  @Test
  void register_rightTakenAwayMeanwhile_refusedAndNothingIsLeft() throws Exception {
    ServiceRegistry registry = ServiceRegistry.inMemory();
    try (ControlPlane plane = new ControlPlane(registry)) {
      RawPlugin alpha = plane.launch("alpha").plugin;
      alpha.enrol(NamedEcho.SERVICE);
      AtomicReference<Policy> policy = new AtomicReference<>(Policy.parse(POLICY));
      ProviderClaims claims =
          new ProviderClaims(
              plane.runs,
              policy::get,
              Set.of(),
              new ControlAudit(plane.audit, InstantSource.system()));
      plane.audit.once("register", () -> policy.set(Policy.DENY_ALL));

      assertThatThrownBy(
              () ->
                  claims.register(
                      alpha.bootstrap.runtimeId(),
                      new ServiceName(NamedEcho.SERVICE),
                      RawPlugin.VERSION,
                      new Annotations(Map.of()),
                      run -> true))
          .isInstanceOf(RefusedException.class);

      assertThat(registry.registrations()).isEmpty();
    }
  }

  /** The program of the host has the same way; a right that there is not is none to take. */
  @Test
  void withdraw_byProgram_tellsWhetherThereWasARight() throws Exception {
    try (TestHost host = start()) {
      PluginName alpha = new PluginName("alpha");
      ServiceName echo = new ServiceName(NamedEcho.SERVICE);

      assertThat(host.host().policy().withdraw(alpha, echo, "a test")).isTrue();
      assertThat(host.host().policy().withdraw(alpha, echo, "a test")).isFalse();
      assertThat(host.host().policy().withdraw(new PluginName("beta"), echo, "a test")).isFalse();
    }
  }
}
