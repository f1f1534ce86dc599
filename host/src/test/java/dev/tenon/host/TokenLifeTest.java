package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.transport.CertificateRequest;
import dev.tenon.v1.RenewResponse;
import java.security.KeyPair;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A life of runtime tokens that is not the usual one. */
class TokenLifeTest {
  /**
   * Good until just before its life is over, and one renewal on control repairs it.
   *
   * <p>Row: TK-4
   */
  @Test
  void tokenLife_fiveMinutes_expiresThenAndRenewalRepairs() throws Exception {
    Duration life = Duration.ofMinutes(5);
    try (TokenGate gate = new TokenGate(host -> host.tokenLife(life, Duration.ofMinutes(1)))) {
      gate.assertAdmitted(gate.caller.bearer());
      gate.host.clock.advance(life.minusMillis(1));
      gate.assertAdmitted(gate.caller.bearer());

      gate.host.clock.advance(Duration.ofMillis(1));

      gate.assertRefused("expired", gate.caller.bearer());
      RenewResponse renewed = gate.caller.renew(CertificateRequest.newKeyPair());
      gate.assertAdmitted("Bearer " + renewed.getRuntimeToken());
    }
  }

  /** The grace is the operator's too. */
  @Test
  void tokenLife_shortGrace_oldTokenEndsWithIt() throws Exception {
    Duration grace = Duration.ofSeconds(30);
    try (TokenGate gate = new TokenGate(host -> host.tokenLife(Duration.ofHours(1), grace))) {
      gate.assertAdmitted(gate.caller.bearer());
      KeyPair successor = CertificateRequest.newKeyPair();
      RenewResponse renewed = gate.caller.renew(successor);
      String old = gate.caller.bearer();
      gate.caller.adopt(successor, renewed);
      gate.host.clock.advance(grace.minusMillis(1));
      gate.assertAdmitted(old);

      gate.host.clock.advance(Duration.ofMillis(1));

      gate.assertRefused("expired", old);
      gate.assertAdmitted(gate.caller.bearer());
    }
  }

  @ParameterizedTest
  @CsvSource({"PT0S,PT1M", "PT-1S,PT1M", "PT24H0.001S,PT1M", "PT1M,PT1M0.001S", "PT1M,PT29.999S"})
  void tokenLife_outOfBounds_refused(Duration life, Duration grace) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PluginHost.builder().tokenLife(life, grace))
        .withMessageContaining("(expected: ");
  }

  @Test
  void tokenLife_longest_taken() {
    Duration day = Duration.ofHours(24);
    assertThat(PluginHost.builder().tokenLife(day, day)).isNotNull();
  }
}
