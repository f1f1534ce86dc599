package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.DERUTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extensions of an operator's own, and issuers that do not put them in. */
class CertificateExtensionTest {
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");
  private static final String OID = "1.3.6.1.4.1.55555.1";

  private final TestClock clock = new TestClock();
  private final PublicKey key = TestKeys.pair().getPublic();
  private final EmbeddedAuthority authority =
      EmbeddedAuthority.create(
          new TrustDomain("example.org"), Role.PLUGIN, clock, new SecureRandom());

  private static CertificateExtension text(String oid, String text) throws Exception {
    return CertificateExtension.of(oid, new DERUTF8String(text).getEncoded());
  }

  private static CertificateExtension.Chooser contract(String number) throws Exception {
    CertificateExtension extension = text(OID, number);
    return id -> List.of(extension);
  }

  private CheckedIssuer expecting(Issuer issuer, CertificateExtension.Chooser chooser) {
    return new CheckedIssuer(issuer, clock, Set.of(), chooser);
  }

  /** In the leaf, for whoever reads it, and not critical, so that nobody has to. Row: PK-9. */
  @Test
  void issue_withExtension_isInTheLeaf() throws Exception {
    CertificateExtension.Chooser chooser = contract("C-17");

    X509Certificate leaf = expecting(authority.with(chooser), chooser).issue(WORDS, key).get(0);

    assertThat(leaf.getExtensionValue(OID)).endsWith("C-17".getBytes(StandardCharsets.US_ASCII));
    assertThat(leaf.getNonCriticalExtensionOIDs()).contains(OID);
  }

  private void assertRefused(Issuer issuer) throws Exception {
    CheckedIssuer checked = expecting(issuer, contract("C-17"));
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> checked.issue(WORDS, key))
        .havingCause()
        .withMessageContaining("extension " + OID);
  }

  /**
   * The check after issuing: what is missing or other than asked for is given to nobody. Row: PK-9.
   */
  @Test
  void issue_extensionDroppedOrExchanged_isRefused() throws Exception {
    assertRefused(authority);
    assertRefused(authority.with(contract("C-18")));
    CertificateExtension other = text(OID + ".1", "C-17");
    assertRefused(authority.with(id -> List.of(other)));
  }

  /** Who chooses fails: then nothing is issued. Row: PK-9. */
  @Test
  void issue_chooserThrows_isRefused() {
    CertificateExtension.Chooser failing =
        id -> {
          throw new IllegalStateException("no database");
        };

    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> authority.with(failing).issue(WORDS, key));
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> expecting(authority, failing).issue(WORDS, key));
  }

  /** Names, usages and constraints are Tenon's to choose. Row: PK-9. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2.5.29.17",
        "2.5.29.19",
        "1.3.6.1.5.5.7.1.1",
        "",
        "1",
        "1.2",
        "1.2.x",
        "3.1.2",
        "1.2.3.",
        "1.02.3",
        "1.2.3\n",
        "1.40.1"
      })
  void of_idThatIsNotOnesOwn_isRefused(String oid) {
    assertThatIllegalArgumentException().isThrownBy(() -> text(oid, "x"));
  }

  /** A value is one of ASN.1, and short. Row: PK-9. */
  @Test
  void of_valueThatIsNone_isRefused() {
    for (byte[] value : List.of(new byte[0], new byte[] {0x0c, 5, 1}, new byte[] {5, 0, 5, 0})) {
      assertThatIllegalArgumentException().isThrownBy(() -> CertificateExtension.of(OID, value));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text(OID, "x".repeat(CertificateExtension.MAX_VALUE_BYTES)));
  }

  /** The longest of both are good. Row: PK-9. */
  @Test
  void of_longestIdAndValue_isGood() {
    String longest = "1.2" + ".1234567890".repeat(11) + ".123";
    assertThat(longest).hasSize(128);
    byte[] value = new byte[CertificateExtension.MAX_VALUE_BYTES];
    value[0] = 4; // an octet string, with its length in two bytes
    value[1] = (byte) 0x82;
    value[2] = (byte) ((value.length - 4) >> 8);
    value[3] = (byte) (value.length - 4);

    assertThat(CertificateExtension.of(longest, value)).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CertificateExtension.of(longest + "4", value));
  }

  @Test
  void toString_ofAnExtension_hasNoValue() throws Exception {
    assertThat(text(OID, "C-17")).hasToString("CertificateExtension[" + OID + "]");
  }
}
