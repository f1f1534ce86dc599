package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

/** Attack: an issuer that brings something else than it was asked for. Row: PK-9. */
class LyingIssuerTest {
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");
  private static final String LOG =
      "spiffe://example.org/host/main/plugin/log/log-0000000000000002";
  private static final String DNS = "plugin.tenon.internal";
  private static final X500Name NAME = new X500Name("CN=external authority");

  private final TestClock clock = new TestClock();
  private final KeyPair authority = TestKeys.pair();
  private final PublicKey key = TestKeys.key();

  /** What a certificate says; begins as what was asked for. */
  private final class Lie {
    private final List<GeneralName> names = new ArrayList<>();
    private BasicConstraints constraints = new BasicConstraints(false);
    private int usage = KeyUsage.digitalSignature;
    private KeyPurposeId[] purposes = {
      KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
    };
    private PublicKey leafKey = key;
    private KeyPair signer = authority;
    private Instant notBefore = clock.instant();
    private Duration life = Duration.ofHours(1);

    Lie uri(String... uris) {
      return names(GeneralName.uniformResourceIdentifier, uris);
    }

    Lie dns(String... dnsNames) {
      return names(GeneralName.dNSName, dnsNames);
    }

    private Lie names(int type, String... added) {
      for (String name : added) {
        names.add(new GeneralName(type, name));
      }
      return this;
    }

    X509Certificate certificate() throws Exception {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              NAME,
              BigInteger.TEN,
              Date.from(notBefore),
              Date.from(notBefore.plus(life)),
              new X500Name("CN=leaf"),
              SubjectPublicKeyInfo.getInstance(leafKey.getEncoded()));
      builder.addExtension(Extension.basicConstraints, true, constraints);
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(new GeneralName[0])));
      }
      return sign(builder, signer);
    }
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair signer)
      throws Exception {
    byte[] der =
        builder
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate()))
            .getEncoded();
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  private X509Certificate root() throws Exception {
    X509v3CertificateBuilder builder =
        new X509v3CertificateBuilder(
            NAME,
            BigInteger.ONE,
            Date.from(clock.instant().minusSeconds(86_400)),
            Date.from(clock.instant().plusSeconds(864_000)),
            NAME,
            SubjectPublicKeyInfo.getInstance(authority.getPublic().getEncoded()));
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
    return sign(builder, authority);
  }

  private CheckedIssuer issuing(List<X509Certificate> chain) throws Exception {
    List<X509Certificate> bundle = List.of(root());
    return new CheckedIssuer(
        new Issuer() {
          @Override
          public List<X509Certificate> issue(SpiffeId id, PublicKey asked) {
            return chain;
          }

          @Override
          public List<X509Certificate> trustBundle() {
            return bundle;
          }
        },
        clock);
  }

  private Lie honest() {
    return new Lie().uri(WORDS.toString()).dns(DNS);
  }

  private void assertRefused(Lie lie, String because) throws Exception {
    CheckedIssuer issuer = issuing(List.of(lie.certificate()));
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(WORDS, key))
        .havingCause()
        .withMessageContaining(because);
  }

  @Test
  void issue_honestIssuer_passedOn() throws Exception {
    X509Certificate leaf = honest().certificate();
    CheckedIssuer issuer = issuing(List.of(leaf));
    assertThat(issuer.issue(WORDS, key)).containsExactly(leaf);
    assertThat(issuer.trustBundle()).hasSize(1);
  }

  @Test
  void issue_embeddedAuthorityInCheckedIssuer_passedOn() throws Exception {
    Issuer embedded =
        EmbeddedAuthority.create(
            new TrustDomain("example.org"), Role.PLUGIN, clock, new SecureRandom());
    assertThat(new CheckedIssuer(embedded, clock).issue(WORDS, key)).hasSize(1);
  }

  @Test
  void issue_idDropped_refused() throws Exception {
    assertRefused(new Lie().dns(DNS), "names");
    assertRefused(new Lie(), "names");
    assertRefused(new Lie().dns(DNS, "other.tenon.internal"), "URI names");
  }

  @Test
  void issue_idChanged_refused() throws Exception {
    assertRefused(new Lie().uri(LOG).dns(DNS), "URI names");
    assertRefused(new Lie().uri(WORDS + "/").dns(DNS), "URI names");
    assertRefused(new Lie().uri(WORDS.toString().replace("spiffe", "SPIFFE")).dns(DNS), "URI");
  }

  @Test
  void issue_idAdded_refused() throws Exception {
    assertRefused(honest().uri(LOG), "names");
    assertRefused(new Lie().uri(WORDS.toString(), LOG), "URI names");
  }

  @Test
  void issue_dnsNameChanged_refused() throws Exception {
    assertRefused(new Lie().uri(WORDS.toString()).dns("host.tenon.internal"), "DNS names");
    assertRefused(honest().dns("host.tenon.internal"), "names");
  }

  /** A name of another kind is one too many: who looks for addresses would believe it. */
  @Test
  void issue_nameOfAnotherKindAdded_refused() throws Exception {
    assertRefused(honest().names(GeneralName.iPAddress, "127.0.0.1"), "names (expected: one URI");
    assertRefused(honest().names(GeneralName.rfc822Name, "a@b.example"), "names (expected: one");
  }

  @Test
  void issue_otherKey_refused() throws Exception {
    Lie lie = honest();
    lie.leafKey = TestKeys.key();
    assertRefused(lie, "key (expected");
  }

  @Test
  void issue_leafThatMaySign_refused() throws Exception {
    Lie ca = honest();
    ca.constraints = new BasicConstraints(0);
    assertRefused(ca, "basicConstraints");
    Lie signs = honest();
    signs.usage = KeyUsage.digitalSignature | KeyUsage.keyCertSign;
    assertRefused(signs, "keyUsage");
    Lie revokes = honest();
    revokes.usage = KeyUsage.digitalSignature | KeyUsage.cRLSign;
    assertRefused(revokes, "keyUsage");
  }

  @Test
  void issue_leafUnfitForTls_refused() throws Exception {
    Lie noSignature = honest();
    noSignature.usage = KeyUsage.keyAgreement;
    assertRefused(noSignature, "keyUsage");
    Lie clientOnly = honest();
    clientOnly.purposes = new KeyPurposeId[] {KeyPurposeId.id_kp_clientAuth};
    assertRefused(clientOnly, "extendedKeyUsage");
  }

  @Test
  void issue_signedByAnother_refused() throws Exception {
    Lie lie = honest();
    lie.signer = TestKeys.pair();
    assertRefused(lie, "signature");
  }

  @Test
  void issue_notValidNow_refused() throws Exception {
    Lie over = honest();
    over.notBefore = clock.instant().minus(Duration.ofHours(2));
    assertRefused(over, "validity");
    Lie early = honest();
    early.notBefore = clock.instant().plus(Duration.ofHours(2));
    assertRefused(early, "validity");
  }

  /** A leaf that lives for longer than any token would outlive its renewal. Row: PK-9. */
  @Test
  void issue_longerThanADay_refused() throws Exception {
    Lie day = honest();
    day.life = Duration.ofHours(24);
    assertThat(issuing(List.of(day.certificate())).issue(WORDS, key)).hasSize(1);
    Lie longer = honest();
    longer.life = Duration.ofHours(25);
    assertRefused(longer, "life: PT25H");
  }

  /** An end that cannot be read is no end far away. Row: PK-14. */
  @Test
  void issue_endThatCannotBeRead_refused() throws Exception {
    X509Certificate leaf = honest().certificate();
    byte[] der = leaf.getEncoded();
    String end =
        DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'")
            .withZone(ZoneOffset.UTC)
            .format(leaf.getNotAfter().toInstant());
    int at = new String(der, StandardCharsets.ISO_8859_1).indexOf(end);
    assertThat(at).isPositive();
    der[at + 2] = '9'; // the month
    CheckedIssuer issuer = issuing(List.of(new Encoded(leaf, der)));

    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(WORDS, key))
        .withCauseInstanceOf(GeneralSecurityException.class);
  }

  /** The request gets to the issuer that wants it, and the check is the same. Row: PK-29. */
  @Test
  void issue_withRequest_passedOnAndChecked() throws Exception {
    X509Certificate leaf = honest().certificate();
    List<X509Certificate> bundle = List.of(root());
    byte[] request = {1, 2, 3};
    List<byte[]> seen = new ArrayList<>();
    CheckedIssuer issuer =
        new CheckedIssuer(
            new Issuer() {
              @Override
              public List<X509Certificate> issue(SpiffeId id, PublicKey asked) {
                throw new IllegalStateException("without the request");
              }

              @Override
              public List<X509Certificate> issue(SpiffeId id, PublicKey asked, byte[] der) {
                seen.add(der);
                return List.of(leaf);
              }

              @Override
              public List<X509Certificate> trustBundle() {
                return bundle;
              }
            },
            clock);

    assertThat(new RollingIssuer(issuer).issue(WORDS, key, request)).containsExactly(leaf);
    assertThat(seen).singleElement().isEqualTo(request);
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(SpiffeId.parse(LOG), key, request));
  }

  @Test
  void issue_nothing_refused() throws Exception {
    CheckedIssuer issuer = issuing(List.of());
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(WORDS, key));
  }

  @Test
  void issue_issuerThrows_refusedWithCause() {
    CheckedIssuer issuer =
        new CheckedIssuer(
            new Issuer() {
              @Override
              public List<X509Certificate> issue(SpiffeId id, PublicKey asked) {
                throw new IllegalStateException("gone");
              }

              @Override
              public List<X509Certificate> trustBundle() {
                return List.of();
              }
            },
            clock);
    assertThatExceptionOfType(IssueFailedException.class)
        .isThrownBy(() -> issuer.issue(WORDS, key))
        .withCauseInstanceOf(IllegalStateException.class);
  }
}
