package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.issue.CertificateExtension;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.Refusal;
import dev.tenon.transport.CertificateRequest;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Certificates that carry an extension of the operator's own. */
class CustomExtensionTest {
  private static final String OID = "1.3.6.1.4.1.55555.1";

  private final AuthoritySettings settings =
      AuthoritySettings.DEFAULT.extensions(
          Role.PLUGIN, id -> List.of(CertificateExtension.of(OID, new byte[] {0x0c, 2, 'C', '7'})));

  /** From enrolment and from renewal; the plugin is what it is without. Row: PK-9. */
  @Test
  void enrol_withExtension_isInEveryCertificate() throws Exception {
    try (TestHost host =
        TestHost.with("").set(builder -> builder.authorities(settings)).enrolled("words").start()) {
      RawPlugin words = host.plugin("words");
      X509Certificate first = words.credentials().chain().get(0);
      KeyPair next = CertificateRequest.newKeyPair();
      words.adopt(next, words.renew(next));

      for (X509Certificate leaf : List.of(first, words.credentials().chain().get(0))) {
        assertThat(leaf.getExtensionValue(OID)).endsWith(0x0c, 2, 'C', '7');
      }
      words.healthy();
    }
  }

  /** An issuer of the embedder's that leaves it out gives nobody a certificate. Row: PK-9. */
  @Test
  void enrol_issuerDropsTheExtension_isRefused() throws Exception {
    try (TestHost host =
        TestHost.with("")
            .set(builder -> builder.authorities(settings.issuer(Role.PLUGIN, new OpenAuthority())))
            .silent("words")
            .begin()) {
      RawPlugin words = host.plugin("words");

      assertThat(Refused.by(() -> words.enrol()).is(Refusal.INTERNAL)).isTrue();
    }
  }
}
