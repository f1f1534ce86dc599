package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.transport.CertificateRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tenon ca}, whose files OpenSSL and a host take. Row: HS-12. Row: PK-18. */
final class CaTest {
  private static final String HOST = "spiffe://example.org/host/h-1";

  @TempDir private Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  private Ran make(String... more) {
    List<String> arguments = new ArrayList<>(List.of("ca"));
    if (!List.of(more).contains("--trust-domain")) {
      arguments.addAll(List.of("--trust-domain", "example.org"));
    }
    arguments.addAll(List.of(more));
    arguments.add(folder.toString());
    return Ran.with(arguments.toArray(new String[0]));
  }

  /** Runs OpenSSL and returns what it prints. */
  private String openssl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "openssl", ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String printed = Files.readString(out);
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }

  @Test
  void ca_emptyFolder_twoAuthoritiesThatOpensslReads() throws Exception {
    Ran ran = make("--days", "30");

    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    assertThat(ran.out())
        .contains("[tls]")
        .contains("host_ca_certificate = \"" + file("host-ca.crt") + "\"")
        .contains("plugin_ca_key = \"" + file("plugin-ca.key") + "\"");
    for (String role : List.of("host", "plugin")) {
      assertThat(openssl("x509", "-in", file(role + "-ca.crt").toString(), "-noout", "-text"))
          .contains("prime256v1", "CA:TRUE, pathlen:0", "Certificate Sign", "spiffe://example.org");
      assertThat(openssl("pkey", "-in", file(role + "-ca.key").toString(), "-check", "-noout"))
          .contains("valid");
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(file(role + "-ca.key"))))
          .isEqualTo("rw-------");
    }
  }

  /** What a host issues from them, OpenSSL verifies under the one authority and not the other. */
  @Test
  void ca_filesInUse_leafVerifiesUnderItsOwnAuthorityAlone() throws Exception {
    assertThat(make().status()).isZero();
    X509Certificate leaf =
        EmbeddedAuthority.load(
                new TrustDomain("example.org"),
                Role.HOST,
                new AuthorityFiles(file("host-ca.crt"), file("host-ca.key")),
                InstantSource.system(),
                new SecureRandom())
            .issue(SpiffeId.parse(HOST), CertificateRequest.newKeyPair().getPublic())
            .get(0);
    Path pem = file("leaf.crt");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(leaf.getEncoded())
            + "\n-----END CERTIFICATE-----\n");

    assertThat(
            openssl(
                "verify",
                "-purpose",
                "sslserver",
                "-CAfile",
                file("host-ca.crt").toString(),
                pem.toString()))
        .contains("leaf.crt: OK");
    assertThat(openssl("x509", "-in", pem.toString(), "-noout", "-text")).contains(HOST);
    assertThatThrownBy(
            () -> openssl("verify", "-CAfile", file("plugin-ca.crt").toString(), pem.toString()))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void ca_passphraseFile_keysEncrypted() throws Exception {
    Path phrase = Files.writeString(file("phrase"), "correct horse\n");
    Files.setPosixFilePermissions(phrase, PosixFilePermissions.fromString("rw-------"));

    assertThat(make("--passphrase-file", phrase.toString()).status()).isZero();

    assertThat(Files.readString(file("host-ca.key"))).contains("ENCRYPTED PRIVATE KEY");
    assertThat(
            openssl(
                "pkey",
                "-in",
                file("host-ca.key").toString(),
                "-passin",
                "file:" + phrase,
                "-check",
                "-noout"))
        .contains("valid");
  }

  @Test
  void ca_oneFileThere_nothingMadeOrOverwritten() throws Exception {
    Files.writeString(file("plugin-ca.key"), "mine");

    Ran ran = make();

    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains(file("plugin-ca.key") + ": exists (expected: no such file");
    assertThat(Files.readString(file("plugin-ca.key"))).isEqualTo("mine");
    assertThat(file("host-ca.key")).doesNotExist();
    assertThat(file("host-ca.crt")).doesNotExist();
  }

  @Test
  void ca_usedWrongly_saysWhatIsExpected() {
    assertThat(make("--days", "0").err()).contains("--days: 0 (expected: 1 to 3650)");
    assertThat(make("--trust-domain", "NOT ONE").status()).isEqualTo(2);
    Ran missing = Ran.with("ca", folder.resolve("nowhere").toString());
    assertThat(missing.status()).isEqualTo(2);
    assertThat(missing.err()).contains("no folder (expected: one that exists)");
  }
}
