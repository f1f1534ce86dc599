package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.auth.TestRandom;
import dev.tenon.core.Refusal;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EmbeddedAuthorityTest {
  private static final TrustDomain DOMAIN = new TrustDomain("example.org");
  private static final SpiffeId HOST = SpiffeId.parse("spiffe://example.org/host/main");
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");

  private final TestClock clock = new TestClock();
  private final TestRandom random = new TestRandom();
  private final EmbeddedAuthority plugins =
      EmbeddedAuthority.create(DOMAIN, Role.PLUGIN, clock, random);
  private final EmbeddedAuthority hosts =
      EmbeddedAuthority.create(DOMAIN, Role.HOST, clock, random);

  @Test
  void issue_plugin_namesAndUsesAsDesigned() throws Exception {
    PublicKey key = TestKeys.key();
    List<X509Certificate> chain = plugins.issue(WORDS, key);
    assertThat(chain).hasSize(1);
    X509Certificate leaf = chain.get(0);
    assertThat(leaf.getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(
            List.of(6, WORDS.toString()), List.of(2, "plugin.tenon.internal"));
    assertThat(leaf.getPublicKey()).isEqualTo(key);
    assertThat(leaf.getVersion()).isEqualTo(3);
    assertThat(leaf.getBasicConstraints()).isNegative();
    assertThat(leaf.getKeyUsage())
        .containsExactly(true, false, false, false, false, false, false, false, false);
    assertThat(leaf.getExtendedKeyUsage())
        .containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.15", "2.5.29.19");
    assertThat(leaf.getSubjectX500Principal().getName()).doesNotContain("words");
    leaf.verify(plugins.trustBundle().get(0).getPublicKey());
  }

  @Test
  void issue_host_dnsNameOfHosts() throws Exception {
    assertThat(hosts.issue(HOST, TestKeys.key()).get(0).getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(List.of(6, HOST.toString()), List.of(2, "host.tenon.internal"));
  }

  @Test
  void issue_anyTime_oneHourAndOneMinuteOfSkew() throws Exception {
    clock.advance(Duration.ofMillis(900));
    X509Certificate leaf = plugins.issue(WORDS, TestKeys.key()).get(0);
    Instant second = Instant.parse("2026-11-23T12:00:00Z");
    assertThat(leaf.getNotBefore()).isEqualTo(second.minus(EmbeddedAuthority.CLOCK_SKEW));
    assertThat(leaf.getNotAfter()).isEqualTo(second.plus(Duration.ofHours(1)));
  }

  @Test
  void issue_manyTimes_serialsOf128BitsAllDistinct() throws Exception {
    Set<Object> serials = new HashSet<>();
    int longest = 0;
    PublicKey key = TestKeys.key();
    for (int i = 0; i < 50; i++) {
      X509Certificate leaf = plugins.issue(WORDS, key).get(0);
      assertThat(leaf.getSerialNumber().signum()).isPositive();
      longest = Math.max(longest, leaf.getSerialNumber().bitLength());
      serials.add(leaf.getSerialNumber());
    }
    assertThat(serials).hasSize(50);
    assertThat(longest).isBetween(120, 128);
  }

  @Test
  void trustBundle_ownCertificate_signsNothingBelowALeaf() throws Exception {
    X509Certificate own = plugins.trustBundle().get(0);
    assertThat(plugins.trustBundle()).hasSize(1);
    assertThat(own.getBasicConstraints()).isZero();
    assertThat(own.getKeyUsage()[5]).isTrue();
    assertThat(own.getKeyUsage()[6]).as("may sign revocation lists").isTrue();
    assertThat(own.getKeyUsage()[0]).isFalse();
    assertThat(own.getSubjectAlternativeNames())
        .containsExactly(List.of(6, "spiffe://example.org"));
    own.verify(own.getPublicKey());
    assertThat(own.getPublicKey()).isNotEqualTo(hosts.trustBundle().get(0).getPublicKey());
  }

  @Test
  void issue_idOfTheOtherRole_refused() {
    assertRefused(plugins, HOST, TestKeys.key());
    assertRefused(hosts, WORDS, TestKeys.key());
  }

  @Test
  void issue_idOfAnotherTrustDomain_refused() {
    assertRefused(hosts, SpiffeId.parse("spiffe://example.com/host/main"), TestKeys.key());
  }

  @Test
  void issue_keyNotOnP256_refused() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    assertRefused(plugins, WORDS, rsa.generateKeyPair().getPublic());
    KeyPairGenerator p384 = KeyPairGenerator.getInstance("EC");
    p384.initialize(new ECGenParameterSpec("secp384r1"));
    assertRefused(plugins, WORDS, p384.generateKeyPair().getPublic());
  }

  /**
   * Without randomness no certificate is signed: a repeated nonce would give the key away.
   *
   * <p>Row: HS-9
   */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void issue_failingGenerator_refused(TestRandom.Mode failure) {
    random.turn(failure);
    assertRefused(plugins, WORDS, TestKeys.key());
  }

  /**
   * No authority is made over a broken generator, a stuck one included.
   *
   * <p>Row: HS-9
   */
  @ParameterizedTest
  @EnumSource(names = "WORKS", mode = EnumSource.Mode.EXCLUDE)
  void create_failingGenerator_refused(TestRandom.Mode failure) {
    SecureRandom broken = new TestRandom(failure);
    assertThatIllegalStateException()
        .isThrownBy(() -> EmbeddedAuthority.create(DOMAIN, Role.PLUGIN, clock, broken));
  }

  private static void assertRefused(Issuer issuer, SpiffeId id, PublicKey key) {
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(id, key))
        .satisfies(
            e -> {
              assertThat(e.refusal()).isEqualTo(Refusal.INTERNAL);
              assertThat(e.publicText()).isEqualTo("internal error");
            });
  }
}
