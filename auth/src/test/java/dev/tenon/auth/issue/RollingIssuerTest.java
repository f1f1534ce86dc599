package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.auth.TestRandom;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who issues and who is trusted at each stage of a succession. Row: PK-12. */
class RollingIssuerTest {
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");

  private final TestClock clock = new TestClock();
  private final EmbeddedAuthority first = authority();
  private final EmbeddedAuthority next = authority();
  private final RollingIssuer rolling = new RollingIssuer(first);

  private EmbeddedAuthority authority() {
    return EmbeddedAuthority.create(
        new TrustDomain("example.org"), Role.PLUGIN, clock, new TestRandom());
  }

  private static X509Certificate root(Issuer issuer) {
    return issuer.trustBundle().get(0);
  }

  private void assertIssuedBy(Issuer issuer) throws IssueFailedException {
    List<X509Certificate> chain = rolling.issue(WORDS, TestKeys.key());
    assertThat(TrustPath.leads(chain, issuer.trustBundle())).isTrue();
  }

  @Test
  void succession_trustMoveSettle_bothAreTrustedInBetween() throws Exception {
    assertThat(rolling.trustBundle()).containsExactly(root(first));
    assertIssuedBy(first);

    rolling.trust(next);
    assertThat(rolling.trustBundle()).containsExactly(root(first), root(next));
    assertIssuedBy(first);

    rolling.move();
    assertThat(rolling.trustBundle()).containsExactly(root(next), root(first));
    assertIssuedBy(next);

    rolling.settle();
    rolling.settle();
    assertThat(rolling.trustBundle()).containsExactly(root(next));
    assertIssuedBy(next);
  }

  @Test
  void succession_outOfTurn_isMisuse() {
    assertThatIllegalStateException()
        .isThrownBy(rolling::move)
        .withMessage("issuer: alone (expected: one beside it)");
    rolling.trust(next);
    assertThatIllegalStateException()
        .isThrownBy(() -> rolling.trust(authority()))
        .withMessage("issuer: a succession is under way (expected: none)");
  }

  @Test
  void leads_chainOfTheRootsOrNot_isToldWheneverItIsAsked() throws Exception {
    List<X509Certificate> chain = first.issue(WORDS, TestKeys.key());
    clock.advance(Duration.ofDays(10_000));

    assertThat(TrustPath.leads(chain, first.trustBundle())).isTrue();
    assertThat(TrustPath.leads(chain, next.trustBundle())).isFalse();
    assertThat(TrustPath.leads(List.of(), first.trustBundle())).isFalse();
    assertThat(TrustPath.leads(List.of(root(first)), next.trustBundle())).isFalse();
  }
}
