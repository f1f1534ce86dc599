package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Refusal;
import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two parties renew one key: it was copied. */
class ForkedKeyTest {
  /**
   * The second successor gets nothing, and both lose what the key ever brought; on record.
   *
   * <p>Denies: Renewal/Renew NOT_AUTHENTICATED, CREDENTIAL_REVOKED.
   */
  @Test
  void renew_twoSuccessors_pluginIsKilledAndAllIsRevoked() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertAdmitted(gate.caller.bearer());
      RenewResponse first = gate.caller.renew(CertificateRequest.newKeyPair());

      Refused second = Refused.by(() -> gate.caller.renew(CertificateRequest.newKeyPair()));

      assertThat(second.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      assertThat(second.text()).isEqualTo(Refusal.NOT_AUTHENTICATED.text());
      await().atMost(Duration.ofSeconds(60)).until(gate.host.run("caller")::wasKilled);
      assertThat(gate.host.audit.denials("renewal")).containsExactly("revoked");
      gate.assertRefused("revoked", gate.caller.bearer());
      gate.assertRefused("revoked", "Bearer " + first.getRuntimeToken());
    }
  }
}
