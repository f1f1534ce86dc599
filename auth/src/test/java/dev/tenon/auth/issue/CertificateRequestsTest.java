package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.TestKeys;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Random;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.pkcs.CertificationRequest;
import org.bouncycastle.asn1.pkcs.CertificationRequestInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateRequestsTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");

  private final KeyPair keys = TestKeys.pair();

  private static byte[] request(KeyPair signer, PublicKey key, String algorithm, String subject)
      throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new PKCS10CertificationRequestBuilder(
            new X500Name(subject), SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    return builder
        .build(new JcaContentSignerBuilder(algorithm).build(signer.getPrivate()))
        .getEncoded();
  }

  private byte[] request() throws Exception {
    return request(keys, keys.getPublic(), "SHA256withECDSA", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SHA256withECDSA", "SHA384withECDSA", "SHA512withECDSA"})
  void verify_signedRequest_itsKey(String algorithm) throws Exception {
    byte[] der = request(keys, keys.getPublic(), algorithm, "CN=host,O=whatever it says");
    assertThat(CertificateRequests.verify(der)).isEqualTo(keys.getPublic());
  }

  @Test
  void verify_key_sameEncodingAsTheSendersOwn() throws Exception {
    assertThat(CertificateRequests.verify(request()).getEncoded())
        .isEqualTo(keys.getPublic().getEncoded());
  }

  private byte[] withAttribute(int bytes) throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new PKCS10CertificationRequestBuilder(
            new X500Name("CN=root"),
            SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
    builder.addAttribute(
        PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, new DERBitString(new byte[bytes]));
    return builder
        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
        .getEncoded();
  }

  @Test
  void verify_attributes_ignored() throws Exception {
    assertThat(CertificateRequests.verify(withAttribute(2))).isEqualTo(keys.getPublic());
  }

  /** A request asks for the run that sends it, or for nobody. Row: PK-10. Attack: F13. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CN=log-0000000000000002",
        "CN=words-0000000000000001,O=Tenon",
        "CN=words-0000000000000001+O=Tenon",
        "O=words-0000000000000001",
        "CN=WORDS-0000000000000001",
        "CN=host"
      })
  void verify_subjectOfAnother_refused(String subject) throws Exception {
    byte[] der = request(keys, keys.getPublic(), "SHA256withECDSA", subject);
    assertThatThrownBy(() -> CertificateRequests.verify(der, WORDS))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("subject (expected: empty, or the common name " + WORDS);
  }

  /** Row: PK-10. */
  @ParameterizedTest
  @ValueSource(strings = {"", "CN=words-0000000000000001"})
  void verify_noSubjectOrItsOwn_itsKey(String subject) throws Exception {
    byte[] der = request(keys, keys.getPublic(), "SHA256withECDSA", subject);
    assertThat(CertificateRequests.verify(der, WORDS)).isEqualTo(keys.getPublic());
  }

  /** Names, CA:TRUE and whatever else: the host chooses them. Row: PK-10. Attack: F13. */
  @Test
  void verify_extensionsAskedFor_refused() throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new PKCS10CertificationRequestBuilder(
            new X500Name(""), SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    byte[] der =
        builder
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded();

    assertThatThrownBy(() -> CertificateRequests.verify(der, WORDS))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("extensions (expected: none");
  }

  @Test
  void verify_signedWithAnotherKey_refused() throws Exception {
    assertRefused(
        request(TestKeys.pair(), keys.getPublic(), "SHA256withECDSA", ""), "signature (expected");
  }

  /** What is no signature at all is not one that was good enough. */
  @Test
  void verify_signatureThatIsNone_refused() throws Exception {
    CertificationRequest good = CertificationRequest.getInstance(request());
    byte[] der =
        new CertificationRequest(
                good.getCertificationRequestInfo(),
                good.getSignatureAlgorithm(),
                new DERBitString(new byte[] {1}))
            .getEncoded(ASN1Encoding.DER);
    assertRefused(der, "signature (expected");
  }

  /** Who asks for nothing leaves the attributes out. */
  @Test
  void verify_withoutAttributes_itsKey() throws Exception {
    byte[] der =
        new PKCS10CertificationRequestBuilder(
                new X500Name(""), SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()))
            .setLeaveOffEmptyAttributes(true)
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded();
    assertThat(CertificateRequests.verify(der, WORDS)).isEqualTo(keys.getPublic());
  }

  @Test
  void verify_weakSignatureAlgorithm_refused() throws Exception {
    assertRefused(request(keys, keys.getPublic(), "SHA1withECDSA", ""), "signature (expected");
  }

  @Test
  void verify_otherKeys_refused() throws Exception {
    KeyPairGenerator p384 = KeyPairGenerator.getInstance("EC");
    p384.initialize(new ECGenParameterSpec("secp384r1"));
    KeyPair other = p384.generateKeyPair();
    assertRefused(request(other, other.getPublic(), "SHA256withECDSA", ""), "key (expected");
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    KeyPair third = rsa.generateKeyPair();
    assertRefused(request(third, third.getPublic(), "SHA256withRSA", ""), "key (expected");
  }

  /** Invalid-curve attack, and forms of a point that have more than one encoding. */
  @Test
  void verify_badPoint_refused() throws Exception {
    byte[] point = pointOf(keys.getPublic());
    byte[] offCurve = point.clone();
    offCurve[64] ^= 1;
    assertRefused(withPoint(offCurve), "key (expected");
    byte[] compressed = Arrays.copyOf(point, 33);
    compressed[0] = (byte) (2 + (point[64] & 1));
    assertRefused(withPoint(compressed), "key (expected");
    byte[] hybrid = point.clone();
    hybrid[0] = (byte) (6 + (point[64] & 1));
    assertRefused(withPoint(hybrid), "key (expected");
    assertRefused(withPoint(new byte[] {0}), "key (expected");
    byte[] beyondField = new byte[65];
    Arrays.fill(beyondField, (byte) 0xff);
    beyondField[0] = 4;
    assertRefused(withPoint(beyondField), "key (expected");
  }

  private static byte[] pointOf(PublicKey key) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded()).getPublicKeyData().getOctets();
  }

  private byte[] withPoint(byte[] point) throws Exception {
    CertificationRequest good = CertificationRequest.getInstance(request());
    CertificationRequestInfo info = good.getCertificationRequestInfo();
    SubjectPublicKeyInfo bent =
        new SubjectPublicKeyInfo(info.getSubjectPublicKeyInfo().getAlgorithm(), point);
    return new CertificationRequest(
            new CertificationRequestInfo(info.getSubject(), bent, info.getAttributes()),
            good.getSignatureAlgorithm(),
            good.getSignature())
        .getEncoded(ASN1Encoding.DER);
  }

  @Test
  void verify_trailingByte_refused() throws Exception {
    byte[] der = request();
    assertRefused(Arrays.copyOf(der, der.length + 1), "not understood");
  }

  @Test
  void verify_everyTruncation_refused() throws Exception {
    byte[] der = request();
    for (int length = 0; length < der.length; length++) {
      assertRefused(Arrays.copyOf(der, length), "certificate_request");
    }
  }

  @Test
  void verify_moreThan4096Bytes_refused() throws Exception {
    assertThat(CertificateRequests.verify(withAttribute(3800))).isEqualTo(keys.getPublic());
    assertRefused(withAttribute(4000), "expected: at most 4096");
  }

  /** Nesting to the depth that 4 KiB allow, with and without lengths. */
  @Test
  void verify_deeplyNested_refused() throws Exception {
    byte[] indefinite = new byte[4096];
    for (int i = 0; i < indefinite.length; i += 2) {
      indefinite[i] = 0x30;
      indefinite[i + 1] = (byte) 0x80;
    }
    assertRefused(indefinite, "not understood");
    byte[] definite = new byte[0];
    while (definite.length + 4 <= 4096) {
      byte[] outer = new byte[definite.length + 4];
      outer[0] = 0x30;
      outer[1] = (byte) 0x82;
      outer[2] = (byte) (definite.length >> 8);
      outer[3] = (byte) definite.length;
      System.arraycopy(definite, 0, outer, 4, definite.length);
      definite = outer;
    }
    assertRefused(definite, "not understood");
  }

  /** Bent requests are refused or still prove their key; nothing else is ever thrown. */
  @Test
  void verify_randomlyBent_refusedOrSameKey() throws Exception {
    byte[] der = request();
    Random random = new Random(20_261_123);
    for (int i = 0; i < 2_000; i++) {
      byte[] bent = der.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        bent[random.nextInt(bent.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(CertificateRequests.verify(bent)).isEqualTo(keys.getPublic());
      } catch (InvalidRequestException e) {
        assertThat(e.refusal()).isEqualTo(Refusal.INVALID_REQUEST);
      }
    }
  }

  private static void assertRefused(byte[] der, String because) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> CertificateRequests.verify(der))
        .withMessageContaining(because);
  }
}
