package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import dev.tenon.transport.PeerCheck.Purpose;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Chains with something between leaf and root: a good one is taken, and each flaw is refused. */
class ChainAttackTest {
  private static final String ID =
      "spiffe://test.example/host/h1/plugin/words/words-00000000000000a1";
  private static final ASN1ObjectIdentifier UNKNOWN =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.55555.1");

  private final Instant now = Instant.now();

  /** What is wrong with a chain. */
  private enum Flaw {
    NONE,
    LEAF_SIGNS_LEAF,
    INTERMEDIATE_WITHOUT_CA,
    INTERMEDIATE_WITHOUT_CERT_SIGN,
    PATH_LENGTH_EXCEEDED,
    NAME_EXCLUDED,
    OTHER_NAMES_PERMITTED,
    UNKNOWN_CRITICAL_IN_LEAF,
    UNKNOWN_CRITICAL_IN_INTERMEDIATE,
    END_BEFORE_BEGIN
  }

  /** Adds what one certificate is to say. */
  @FunctionalInterface
  private interface Content {
    void add(JcaX509v3CertificateBuilder builder) throws Exception;
  }

  private X509Certificate certificate(
      String issuer, KeyPair signer, String subject, KeyPair own, Duration life, Content content)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=" + issuer),
            BigInteger.valueOf(subject.hashCode() & 0xffffL).add(BigInteger.ONE),
            Date.from(now.minusSeconds(60)),
            Date.from(now.plus(life)),
            new X500Name("CN=" + subject),
            own.getPublic());
    content.add(builder);
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
  }

  private static void authority(JcaX509v3CertificateBuilder builder, int pathLength)
      throws Exception {
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(pathLength));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
  }

  private static void intermediate(JcaX509v3CertificateBuilder builder, Flaw flaw)
      throws Exception {
    boolean isCa = flaw != Flaw.INTERMEDIATE_WITHOUT_CA && flaw != Flaw.LEAF_SIGNS_LEAF;
    boolean signs = flaw != Flaw.INTERMEDIATE_WITHOUT_CERT_SIGN && flaw != Flaw.LEAF_SIGNS_LEAF;
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(isCa));
    builder.addExtension(
        Extension.keyUsage,
        true,
        new KeyUsage(signs ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
    GeneralSubtree[] ours = {
      new GeneralSubtree(new GeneralName(GeneralName.dNSName, "tenon.internal"))
    };
    GeneralSubtree[] others = {
      new GeneralSubtree(new GeneralName(GeneralName.dNSName, "other.example"))
    };
    if (flaw == Flaw.NAME_EXCLUDED) {
      builder.addExtension(Extension.nameConstraints, true, new NameConstraints(null, ours));
    }
    if (flaw == Flaw.OTHER_NAMES_PERMITTED) {
      builder.addExtension(Extension.nameConstraints, true, new NameConstraints(others, null));
    }
    if (flaw == Flaw.UNKNOWN_CRITICAL_IN_INTERMEDIATE) {
      builder.addExtension(UNKNOWN, true, DERNull.INSTANCE);
    }
  }

  private static void leaf(JcaX509v3CertificateBuilder builder, Flaw flaw) throws Exception {
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage,
        false,
        new ExtendedKeyUsage(
            new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.uniformResourceIdentifier, ID),
              new GeneralName(GeneralName.dNSName, Dns.PLUGIN)
            }));
    if (flaw == Flaw.UNKNOWN_CRITICAL_IN_LEAF) {
      builder.addExtension(UNKNOWN, true, DERNull.INSTANCE);
    }
  }

  private void check(Flaw flaw) throws Exception {
    KeyPair rootKey = CertificateRequest.newKeyPair();
    KeyPair middleKey = CertificateRequest.newKeyPair();
    KeyPair leafKey = CertificateRequest.newKeyPair();
    Duration day = Duration.ofDays(1);
    int pathLength = flaw == Flaw.PATH_LENGTH_EXCEEDED ? 0 : 1;
    X509Certificate root =
        certificate(
            "root", rootKey, "root", rootKey, day, builder -> authority(builder, pathLength));
    X509Certificate middle =
        certificate("root", rootKey, "middle", middleKey, day, to -> intermediate(to, flaw));
    Duration life = flaw == Flaw.END_BEFORE_BEGIN ? Duration.ofMinutes(-5) : day;
    X509Certificate leaf =
        certificate("middle", middleKey, "leaf", leafKey, life, to -> leaf(to, flaw));
    PeerCheck check =
        new PeerCheck(
            PeerRule.exactly(SpiffeId.parse(ID)),
            Purpose.CLIENT,
            Optional.empty(),
            InstantSource.fixed(now));
    new PeerTrustManager(List.of(root), check, () -> {}, fault -> {})
        .checkClientTrusted(new X509Certificate[] {leaf, middle}, "UNKNOWN");
  }

  /** The control: nothing but the flaw makes the difference. */
  @Test
  void check_goodChain_accepted() {
    assertThatCode(() -> check(Flaw.NONE)).doesNotThrowAnyException();
  }

  /** Attack: X3, X5, X6. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void check_flawedChain_refused(Flaw flaw) {
    assertThatThrownBy(() -> check(flaw)).isInstanceOf(CertificateException.class);
  }
}
