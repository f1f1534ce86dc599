package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.EnrolmentGrpc;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Enrolments that were made before. Whoever sees one again may not be its plugin, so that ends. */
class ReplayAttackTest {
  private static final String SPENT = "was ended: its enrolment token was redeemed twice";

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("mallory").enrolled("eve").enrolled("frank"));

  /**
   * A captured enrolment, sent again byte for byte by another plugin. Attack: H4.
   *
   * <p>Row: HS-18
   */
  @Test
  void enrol_sameRequestAgain_refusedAndRunEnded() {
    RawPlugin eve = oracles.plugin("eve");

    Answer again =
        oracles.refused(() -> oracles.plugin("mallory").enrolment().enrol(eve.enrolment));

    assertThat(again.is(Refusal.TOKEN_SPENT)).isTrue();
    oracles.expect(
        "- enrolment enrol eve denied token already redeemed",
        "eve lifecycle end eve success " + SPENT);
    Answer dead = oracles.refused(() -> Door.DATA.enter(eve, eve.bearer()));
    assertThat(dead.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    oracles.expect("eve authentication verify - denied revoked");
    oracles.allowConnections("eve", "-", "revoked");
  }

  /** A second enrolment with another key, on the connection of a first one. Attack: H5. */
  @Test
  void enrol_againOnTheSameConnection_refusedAndRunEnded() {
    RawPlugin frank = oracles.plugin("frank");
    EnrolmentGrpc.EnrolmentBlockingStub enrolment = frank.enrolment();
    ByteString another =
        ByteString.copyFrom(CertificateRequest.create(CertificateRequest.newKeyPair()));

    Answer first =
        oracles.refused(
            () ->
                enrolment.enrol(
                    frank.enrolment.toBuilder().setCertificateRequest(another).build()));
    Answer second = oracles.refused(() -> enrolment.enrol(frank.enrolment));

    assertThat(first.is(Refusal.TOKEN_SPENT)).isTrue();
    assertThat(second.is(Refusal.NOT_AUTHENTICATED)).isTrue();
    oracles.expect(
        "- enrolment enrol frank denied token already redeemed",
        "frank lifecycle end frank success " + SPENT,
        "- enrolment enrol frank denied unknown");
  }
}
