package dev.tenon.auth.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.PluginName;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which lists are believed, and whom they refuse. Row: PK-15. */
class RevocationListTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final PluginName PLUGIN = new PluginName("words");
  private static final ASN1ObjectIdentifier UNKNOWN = new ASN1ObjectIdentifier("1.2.3.4");
  private static final String SHA256 = "SHA256withECDSA";

  @TempDir Path folder;
  private KeyPair keys;
  private X509Certificate authority;
  private X509Certificate revoked;
  private X509Certificate good;
  private Instant now = NOW;

  @BeforeEach
  void issue() throws Exception {
    keys = keyPair();
    authority = certificate("authority", 1, keys, KeyUsage.cRLSign);
    revoked = certificate("revoked", 17, keyPair(), KeyUsage.digitalSignature);
    good = certificate("good", 18, keyPair(), KeyUsage.digitalSignature);
  }

  private static KeyPair keyPair() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  private X509Certificate certificate(String name, int serial, KeyPair subject, int usage)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=authority"),
            BigInteger.valueOf(serial),
            Date.from(NOW.minus(Duration.ofDays(1))),
            Date.from(NOW.plus(Duration.ofDays(9))),
            new X500Name("CN=" + name),
            subject.getPublic());
    if (usage != 0) {
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder(SHA256).build(keys.getPrivate())));
  }

  private Path file() {
    return folder.resolve("crl");
  }

  /** Writes a list of {@code authority} with one certificate. */
  private void write(Instant from, Consumer<X509v2CRLBuilder> change) throws Exception {
    write("authority", from, SHA256, keys, change);
  }

  private void write(
      String issuer, Instant from, String algorithm, KeyPair by, Consumer<X509v2CRLBuilder> change)
      throws Exception {
    X509v2CRLBuilder list = new X509v2CRLBuilder(new X500Name("CN=" + issuer), Date.from(from));
    list.setNextUpdate(Date.from(from.plus(Duration.ofDays(2))));
    list.addCRLEntry(revoked.getSerialNumber(), Date.from(from), CRLReason.keyCompromise);
    change.accept(list);
    byte[] bytes =
        list.build(new JcaContentSignerBuilder(algorithm).build(by.getPrivate())).getEncoded();
    Files.write(file(), bytes);
  }

  private void write(Instant from) throws Exception {
    write(from, list -> {});
  }

  private RevocationList open() throws ConfigException {
    return RevocationList.open(file(), () -> List.of(authority), () -> now);
  }

  private void assertRefused(String problem) {
    assertThatThrownBy(this::open)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(file() + ": " + problem)
        .hasMessageContaining("(expected: ");
  }

  @Test
  void refusal_certificateOnTheListOrNot_byItsNumber() throws Exception {
    write(NOW);
    RevocationList list = open();

    assertThat(list.refusal(PLUGIN, revoked)).contains(Why.REVOKED);
    assertThat(list.isRevoked(revoked)).isTrue();
    assertThat(list.refusal(PLUGIN, good)).isEmpty();
    assertThat(list.isRevoked(good)).isFalse();
  }

  @Test
  void isOld_nextUpdateDue_isToldAndTheListHoldsStill() throws Exception {
    write(NOW);
    RevocationList list = open();
    now = NOW.plus(Duration.ofDays(2));
    assertThat(list.isOld()).as("at its end").isFalse();

    now = now.plusSeconds(1);

    assertThat(list.isOld()).isTrue();
    assertThat(list.isRevoked(revoked)).isTrue();
    assertRefused("its next update was due at ");
  }

  @Test
  void open_listWithoutNextUpdate_isNeverOld() throws Exception {
    write(NOW, list -> list.setNextUpdate((Time) null));
    RevocationList list = open();
    now = NOW.plus(Duration.ofDays(1000));
    assertThat(list.isOld()).isFalse();
  }

  @Test
  void open_fromTheFuture_isRefused() throws Exception {
    write(NOW);
    assertThat(open().isOld()).as("from this second").isFalse();
    write(NOW.plusSeconds(1));
    assertRefused("of " + NOW.plusSeconds(1));
  }

  @Test
  void open_signedByAnother_isRefused() throws Exception {
    write("authority", NOW, SHA256, keyPair(), list -> {});
    assertRefused("not signed by the plugins' authority");
  }

  @Test
  void open_ofAnotherName_isRefused() throws Exception {
    write("another", NOW, SHA256, keys, list -> {});
    assertRefused("not signed by the plugins' authority");
  }

  @Test
  void open_authorityThatMayNotSignLists_isRefused() throws Exception {
    authority = certificate("authority", 1, keys, KeyUsage.keyCertSign);
    write(NOW);
    assertRefused("signed by an authority that may not sign lists");

    authority = certificate("authority", 1, keys, /* usage= */ 0);
    assertThat(open().isRevoked(revoked)).as("no word about what it may").isTrue();
  }

  @Test
  void open_weakDigest_isRefused() throws Exception {
    write("authority", NOW, "SHA1withECDSA", keys, list -> {});
    assertRefused("signed with SHA1withECDSA");
  }

  /** A part of a list, and what we do not know, must not pass for the whole. */
  @Test
  void open_criticalExtension_isRefused() throws Exception {
    write(NOW, list -> extend(list, Extension.deltaCRLIndicator, true, new ASN1Integer(1)));
    assertRefused("critical extensions [2.5.29.27]");
    IssuingDistributionPoint part = new IssuingDistributionPoint(null, true, false);
    write(NOW, list -> extend(list, Extension.issuingDistributionPoint, true, part));
    assertRefused("critical extensions [2.5.29.28]");
    write(NOW, list -> extend(list, UNKNOWN, true, DERNull.INSTANCE));
    assertRefused("critical extensions [1.2.3.4]");
    write(NOW, list -> extend(list, UNKNOWN, false, DERNull.INSTANCE));
    assertThat(open().isRevoked(revoked)).isTrue();
  }

  private static void extend(
      X509v2CRLBuilder list, ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
    try {
      list.addExtension(oid, critical, value);
    } catch (CertIOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void open_noListOrTooLong_isRefused() throws Exception {
    assertRefused("cannot be read");
    Files.writeString(file(), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
    assertRefused("not a list");
    Files.write(file(), new byte[0]);
    assertRefused("not a list");
    Files.write(file(), new byte[RevocationList.MAX_BYTES]);
    assertRefused("not a list");
    Files.write(file(), new byte[RevocationList.MAX_BYTES + 1]);
    assertRefused("more than 8 MiB");
  }

  @Test
  void next_sameNewerOrOlderList_onlyTheNewerIsReturnedAndAdopted() throws Exception {
    write(NOW);
    RevocationList list = open();
    assertThat(list.next()).as("the same").isEmpty();
    write(NOW.minusSeconds(1));
    assertThatThrownBy(list::next)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("not older than the list in force");

    now = NOW.plusSeconds(9);
    write(now, more -> more.addCRLEntry(good.getSerialNumber(), Date.from(now), 0));
    X509CRL next = list.next().orElseThrow();

    assertThat(list.isRevoked(good)).as("read, and not in force yet").isFalse();
    list.adopt(next);
    assertThat(list.isRevoked(good)).isTrue();
    assertThat(list.isRevoked(revoked)).isTrue();
  }

  /** What an operator revoked is refused by number, whoever issued it, or by fingerprint. */
  @Test
  void revocations_bySerialOrFingerprint_thoseAlone() throws Exception {
    Revocations revocations = Revocations.open(folder.resolve("revocations"));
    assertThat(revocations.refusal(PLUGIN, revoked)).isEmpty();

    revocations.add(new RevokedCertificate.BySerial(revoked.getSerialNumber()));

    assertThat(revocations.refusal(PLUGIN, revoked)).contains(Why.REVOKED);
    assertThat(revocations.refusal(PLUGIN, good)).isEmpty();
    revocations.add(new RevokedCertificate.ByFingerprint(Fingerprint.of(good)));
    assertThat(revocations.isRevoked(good)).isTrue();
    assertThat(revocations.isRevoked(authority)).isFalse();
  }

  @Test
  void matches_bySerialOrFingerprint_itsCertificateAlone() throws IOException {
    RevokedCertificate number = new RevokedCertificate.BySerial(revoked.getSerialNumber());
    assertThat(number.matches(revoked)).isTrue();
    assertThat(number.matches(good)).isFalse();
    RevokedCertificate print = new RevokedCertificate.ByFingerprint(Fingerprint.of(revoked));
    assertThat(print.matches(revoked)).isTrue();
    assertThat(print.matches(good)).isFalse();
  }
}
