package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewResponse;
import java.security.KeyPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A runtime token whose time is over, on connections that still stand. */
class ExpiredRuntimeTokenTest {
  private static final Duration LIFE = Duration.ofHours(1);

  /**
   * Valid until just before its expiry, useless from the very moment on. Row: TK-3.
   *
   * <p>Denies: control, data CREDENTIAL_EXPIRED.
   */
  @Test
  void call_atExpiry_refusedLikeNone() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertAdmitted(gate.caller.bearer());
      gate.host.clock.advance(LIFE.minusMillis(1));
      gate.assertAdmitted(gate.caller.bearer());

      gate.host.clock.advance(Duration.ofMillis(1));

      gate.assertRefused("expired", gate.caller.bearer());
    }
  }

  /**
   * The SVID alone brings a new token when the old one has expired, and the new one works at once.
   */
  @Test
  void renew_expiredToken_newTokenWorks() throws Exception {
    try (TokenGate gate = new TokenGate()) {
      gate.assertAdmitted(gate.caller.bearer());
      gate.host.clock.advance(LIFE);
      gate.assertRefused("expired", gate.caller.bearer());
      KeyPair successor = CertificateRequest.newKeyPair();

      RenewResponse renewed = gate.caller.renew(successor);

      gate.assertAdmitted("Bearer " + renewed.getRuntimeToken());
      assertThat(renewed.getTokenExpires().getSeconds())
          .isEqualTo(gate.host.clock.instant().plus(LIFE).getEpochSecond());
    }
  }
}
