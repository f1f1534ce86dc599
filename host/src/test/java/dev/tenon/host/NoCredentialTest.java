package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Credentials;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewalGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import org.junit.jupiter.api.Test;

/** A process that reaches the host's sockets and has no credential at all. */
class NoCredentialTest {
  /**
   * Without an enrolment token there is no identity, and the plugin is none the worse. Row: HS-10.
   *
   * <p>Denies: Enrolment/Enrol NOT_AUTHENTICATED, CREDENTIAL_MISSING.
   */
  @Test
  void enrol_noToken_refusedAndPluginCanStillEnrol() throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest without = alpha.enrolRequest().clearEnrolmentToken().build();

      Refused refused = Refused.by(() -> alpha.enrolment().enrol(without));

      assertThat(refused.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(refused.text()).isEqualTo(Refusal.NOT_AUTHENTICATED.text());
      assertThat(host.audit.denials("enrolment")).containsExactly("missing");
      assertThat(alpha.enrol().getSpiffeId()).endsWith("/" + alpha.runtimeId());
    }
  }

  /** A guessed token is refused as none is. Row: HS-10. */
  @Test
  void enrol_guessedToken_refusedLikeNone() throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest without = alpha.enrolRequest().clearEnrolmentToken().build();
      EnrolRequest guessed =
          alpha.enrolRequest().setEnrolmentToken("tne_" + "B".repeat(42) + "A").build();

      assertThat(Refused.by(() -> alpha.enrolment().enrol(guessed)))
          .isEqualTo(Refused.by(() -> alpha.enrolment().enrol(without)));
      assertThat(host.audit.denials("enrolment")).containsExactly("unknown", "missing");
    }
  }

  /**
   * A valid token does not help where the request is not one of a run of this host.
   *
   * <p>Denies: Enrolment/Enrol NOT_AUTHENTICATED.
   */
  @Test
  void enrol_unknownRuntimeId_refused() throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      RawPlugin alpha = host.plugin("alpha");
      EnrolRequest unknown =
          alpha
              .enrolRequest()
              .setRuntimeId("alpha-0000000000000000")
              .setEnrolmentToken("tne_" + "B".repeat(42) + "A")
              .build();

      assertThat(Refused.by(() -> alpha.enrolment().enrol(unknown)).is(Refusal.NOT_AUTHENTICATED))
          .isTrue();
      assertThat(host.run("alpha").wasKilled()).isFalse();
    }
  }

  /** Control and data have no handshake without a client certificate. Row: HS-10. */
  @Test
  void call_noClientCertificate_handshakeFails() throws Exception {
    try (TestHost host = TestHost.with("").enrolled("alpha").start()) {
      RawPlugin alpha = host.plugin("alpha");

      assertUnreachable(bare(alpha, alpha.bootstrap.control()), alpha);
      assertUnreachable(bare(alpha, alpha.bootstrap.data()), alpha);
      assertThat(host.audit.denials("authentication")).isEmpty();
    }
  }

  /** The enrolment listener has no other method. */
  @Test
  void call_otherMethodsOnEnrolmentListener_unimplemented() throws Exception {
    try (TestHost host = TestHost.with("").silent("alpha").begin()) {
      Channel enrol = host.plugin("alpha").enrolChannel();

      assertThat(
              Refused.by(
                      () ->
                          RawPlugin.deadline(RegistryGrpc.newBlockingStub(enrol))
                              .discover(DiscoverRequest.getDefaultInstance()))
                  .code())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
      assertThat(
              Refused.by(
                      () ->
                          RawPlugin.deadline(RenewalGrpc.newBlockingStub(enrol))
                              .renew(RenewRequest.getDefaultInstance()))
                  .code())
          .isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  private static Channel bare(RawPlugin plugin, Endpoint to) {
    return RawPlugin.authorized(
        plugin.connect(to, Credentials.trustOnly(plugin.bootstrap.trustBundle())), plugin.bearer());
  }

  private static void assertUnreachable(Channel channel, RawPlugin plugin) {
    assertThat(
            Refused.by(
                    () ->
                        RawPlugin.deadline(EchoGrpc.newBlockingStub(channel))
                            .unary(EchoRequest.getDefaultInstance()))
                .code())
        .as("a connection of nobody, beside %s", plugin.runtimeId())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }
}
