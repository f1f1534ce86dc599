package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which certificates are on a list, and whose list counts for whom. Row: PK-6. */
class AllowedCertificatesTest {
  private static final PluginName WORDS = new PluginName("words");
  private static final PluginName LOG = new PluginName("log");
  private static X509Certificate listed;
  private static X509Certificate other;

  @BeforeAll
  static void issue() throws Exception {
    TrustDomain domain = new TrustDomain("test.example");
    EmbeddedAuthority authority =
        EmbeddedAuthority.create(domain, Role.PLUGIN, new TestClock(), new SecureRandom());
    SpiffeId id =
        new SpiffeId.OfPlugin(
            new SpiffeId.OfHost(domain, "h1"), new RuntimeId("words-0000000000000001"));
    listed = authority.issue(id, TestKeys.key()).get(0);
    other = authority.issue(id, TestKeys.key()).get(0);
  }

  private static Set<Fingerprint> list(X509Certificate leaf) {
    return Set.of(Fingerprint.of(leaf));
  }

  /** It reads like "none" and would mean "any". Row: PK-6. */
  @Test
  void forPlugin_emptyList_isRefused() {
    assertThatThrownBy(() -> AllowedCertificates.ANY.forPlugin(WORDS, Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("words");
  }

  @Test
  void refusal_noLists_none() {
    assertThat(AllowedCertificates.ANY.refusal(WORDS, other)).isEmpty();
  }

  @Test
  void refusal_listForAll_everyPluginNeedsToBeOnIt() {
    AllowedCertificates lists = AllowedCertificates.ANY.forAll(list(listed));

    assertThat(lists.refusal(WORDS, listed)).isEmpty();
    assertThat(lists.refusal(LOG, listed)).isEmpty();
    assertThat(lists.refusal(WORDS, other)).contains(Why.UNLISTED);
  }

  @Test
  void refusal_listOfOnePlugin_bindsThatOneAlone() {
    AllowedCertificates lists = AllowedCertificates.ANY.forPlugin(WORDS, list(listed));

    assertThat(lists.refusal(WORDS, listed)).isEmpty();
    assertThat(lists.refusal(WORDS, other)).contains(Why.UNLISTED);
    assertThat(lists.refusal(LOG, other)).isEmpty();
  }

  @Test
  void refusal_bothLists_oneOfThemIsEnough() {
    AllowedCertificates lists =
        AllowedCertificates.ANY.forPlugin(WORDS, list(other)).forAll(list(listed));

    assertThat(lists.refusal(WORDS, listed)).isEmpty();
    assertThat(lists.refusal(WORDS, other)).isEmpty();
    assertThat(lists.refusal(LOG, other)).contains(Why.UNLISTED);
  }

  /** Of two rules each refuses by itself, and the first one's reason counts. */
  @Test
  void and_twoRules_eachRefuses() {
    CertificateRule revoked = (plugin, leaf) -> Optional.of(Why.REVOKED);
    AllowedCertificates unlisted = AllowedCertificates.ANY.forAll(list(other));

    assertThat(CertificateRule.NONE.and(unlisted).refusal(WORDS, listed)).contains(Why.UNLISTED);
    assertThat(revoked.and(unlisted).refusal(WORDS, listed)).contains(Why.REVOKED);
    assertThat(CertificateRule.NONE.and(unlisted).refusal(WORDS, other)).isEmpty();
  }
}
