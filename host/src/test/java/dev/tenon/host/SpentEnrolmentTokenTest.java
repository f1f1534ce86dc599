package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Somebody redeems an enrolment token that was redeemed before. */
class SpentEnrolmentTokenTest {
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = true
      """;

  /**
   * The second redemption gets nothing and costs the plugin its life: process, token, key and
   * registrations.
   *
   * <p>Denies: Enrolment/Enrol TOKEN_SPENT.
   */
  @Test
  void enrol_secondTime_pluginIsKilledAndLosesAll() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start()) {
      RawPlugin alpha = host.plugin("alpha");
      alpha.register(NamedEcho.SERVICE);

      Refused second = Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build()));

      assertThat(second.is(Refusal.TOKEN_SPENT)).isTrue();
      assertThat(host.run("alpha").wasKilled()).isTrue();
      assertThat(Refused.by(alpha::healthy).is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(
              Refused.by(() -> alpha.renew(dev.tenon.transport.CertificateRequest.newKeyPair()))
                  .is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      PluginStatus status = host.host().plugins().get(0);
      assertThat(status.services()).isEmpty();
      assertThat(status.state()).isInstanceOf(PluginState.Failed.class);
      assertThat(host.audit.denials("enrolment")).containsExactly("token already redeemed");
      // The renewal is refused by its service, or with its connection, which is being closed.
      assertThat(host.audit.denials("authentication")).contains("revoked");
      assertThat(
              Stream.of("authentication", "renewal").flatMap(e -> host.audit.denials(e).stream()))
          .containsExactly("revoked", "revoked");
    }
  }

  /** After that the token is as good as none, however often it is tried. */
  @Test
  void enrol_thirdTime_refusedLikeUnknown() throws Exception {
    try (TestHost host = TestHost.with(POLICY).enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");
      var unused = Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build()));

      Refused third = Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build()));

      assertThat(third.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    }
  }

  /** A token that a failed attempt has spent does not work again either. */
  @Test
  void enrol_afterFailedAttempt_pluginIsKilled() throws Exception {
    try (TestHost host = TestHost.with(POLICY).silent("first").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      Refused bad =
          Refused.by(
              () -> alpha.enrolment().enrol(alpha.enrolRequest().setVersion("none").build()));
      assertThat(bad.is(Refusal.INVALID_REQUEST)).isTrue();

      Refused second = Refused.by(() -> alpha.enrolment().enrol(alpha.enrolRequest().build()));

      assertThat(second.is(Refusal.TOKEN_SPENT)).isTrue();
      assertThat(host.run("alpha").wasKilled()).isTrue();
      RawPlugin first = host.plugin("first"); // the start waits for it too, and fails
      first.enrol();
      first.healthy();
      assertThat(host.startFailure())
          .isInstanceOf(HostStartException.class)
          .hasMessageContaining("alpha")
          .hasMessageContaining("redeemed twice");
    }
  }
}
