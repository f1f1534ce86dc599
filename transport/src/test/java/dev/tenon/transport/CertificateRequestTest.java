package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificate requests, read by others. */
final class CertificateRequestTest {
  @Test
  void create_readByBouncyCastle_isAnEmptySignedRequest() throws Exception {
    KeyPair keys = CertificateRequest.newKeyPair();
    byte[] der = CertificateRequest.create(keys);
    PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
    assertThat(request.getSubject().getRDNs()).isEmpty();
    assertThat(request.getAttributes()).isEmpty();
    assertThat(request.getSubjectPublicKeyInfo().getEncoded())
        .isEqualTo(keys.getPublic().getEncoded());
    assertThat(
            request.isSignatureValid(
                new JcaContentVerifierProviderBuilder().build(keys.getPublic())))
        .isTrue();
    assertThat(request.getEncoded()).isEqualTo(der);
  }

  @Test
  void create_readByOpenssl_verifies(@TempDir Path directory) throws Exception {
    Path openssl = Path.of("/usr/bin/openssl");
    assumeTrue(Files.isExecutable(openssl), "openssl is not installed");
    Path request =
        Files.write(
            directory.resolve("csr"), CertificateRequest.create(CertificateRequest.newKeyPair()));
    Process process =
        new ProcessBuilder(
                openssl.toString(),
                "req",
                "-verify",
                "-noout",
                "-inform",
                "DER",
                "-in",
                request.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).containsIgnoringCase("verify ok");
  }

  @Test
  void create_otherKeys_refuses() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    assertThatThrownBy(() -> CertificateRequest.create(rsa.generateKeyPair()))
        .hasMessageContaining("expected: a P-256 key");
    KeyPairGenerator p384 = KeyPairGenerator.getInstance("EC");
    p384.initialize(384);
    assertThatThrownBy(() -> CertificateRequest.create(p384.generateKeyPair()))
        .hasMessageContaining("expected: a P-256 key");
  }

  @Test
  void der_lengthsAroundTheForms_areExact() {
    assertThat(Der.sequence(new byte[127])).startsWith(0x30, 127).hasSize(129);
    assertThat(Der.sequence(new byte[128])).startsWith(0x30, 0x81, 128).hasSize(131);
    assertThat(Der.sequence(new byte[255])).startsWith(0x30, 0x81, 255).hasSize(258);
    assertThat(Der.sequence(new byte[256])).startsWith(0x30, 0x82, 1, 0).hasSize(260);
    assertThatThrownBy(() -> Der.sequence(new byte[65_536]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
