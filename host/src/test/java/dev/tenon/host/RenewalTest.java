package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.Refusal;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewRequest;
import dev.tenon.v1.RenewResponse;
import java.security.KeyPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The successor of a key and a token. */
class RenewalTest {
  /**
   * Both work at once, on new connections; the old ones work on, for the grace period alone.
   *
   * <p>Row: TK-6, TK-8
   */
  @Test
  void renew_newKey_bothWorkUntilGraceIsOver() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertAdmitted(gate.caller.bearer());
      KeyPair successor = CertificateRequest.newKeyPair();
      String old = gate.caller.bearer();

      RenewResponse renewed = gate.caller.renew(successor);

      gate.assertAdmitted(old);
      gate.assertAdmitted("Bearer " + renewed.getRuntimeToken());
      gate.host.clock.advance(Duration.ofMinutes(5).minusMillis(1));
      gate.assertAdmitted(old);
      gate.caller.adopt(successor, renewed);
      gate.assertAdmitted(gate.caller.bearer());
      gate.assertAdmitted(old);
      gate.host.clock.advance(Duration.ofMillis(1));
      gate.assertRefused("expired", old);
      gate.assertAdmitted(gate.caller.bearer());
    }
  }

  /** A lost answer may be asked for again with the same key. */
  @Test
  void renew_sameKeyAgain_retryBringsNewToken() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      KeyPair successor = CertificateRequest.newKeyPair();
      RenewResponse lost = gate.caller.renew(successor);

      RenewResponse again = gate.caller.renew(successor);

      assertThat(again.getRuntimeToken()).isNotEqualTo(lost.getRuntimeToken());
      gate.assertAdmitted("Bearer " + again.getRuntimeToken());
      gate.assertAdmitted(gate.caller.bearer());
      assertThat(gate.host.run("caller").wasKilled()).isFalse();
    }
  }

  /** A request that is none changes nothing. */
  @Test
  void renew_badRequest_invalidAndNothingChanges() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      RenewRequest bad =
          RenewRequest.newBuilder()
              .setCertificateRequest(ByteString.copyFromUtf8("no request"))
              .build();

      Refused refused = Refused.by(() -> gate.caller.renewal().renew(bad));

      assertThat(refused.is(Refusal.INVALID_REQUEST)).isTrue();
      gate.assertAdmitted(gate.caller.bearer());
    }
  }
}
