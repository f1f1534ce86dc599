package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.CaFixture.Form;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An authority's files: what is taken, and each way in which they can be wrong. */
class AuthorityFilesTest {
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");

  private final TestClock clock = new TestClock();
  private final Instant from = clock.instant().minus(Duration.ofDays(1));
  private final Instant to = clock.instant().plus(Duration.ofDays(1));
  private CaFixture root;
  private Path certificate;
  private Path key;

  @TempDir private Path folder;

  @BeforeEach
  void write() throws Exception {
    root = CaFixture.make("root", TestKeys.pair(), null, Form.GOOD, from, to);
    certificate = CaFixture.file(folder.resolve("ca.crt"), root.certificatePem());
    key = CaFixture.file(folder.resolve("ca.private"), root.keyPem());
  }

  private EmbeddedAuthority load() throws ConfigException {
    return EmbeddedAuthority.load(
        new TrustDomain("example.org"),
        Role.PLUGIN,
        new AuthorityFiles(certificate, key),
        clock,
        new SecureRandom());
  }

  private void assertRefused(Path file, String expected) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(this::load)
        .withMessageStartingWith(file + ": ")
        .withMessageContaining("(expected: ")
        .withMessageContaining(expected);
  }

  @Test
  void load_goodFiles_issuesUnderThem() throws Exception {
    Issuer issuer = new CheckedIssuer(load(), clock);

    List<X509Certificate> chain = issuer.issue(WORDS, TestKeys.key());

    assertThat(issuer.trustBundle()).containsExactly(root.certificate());
    assertThat(chain).hasSize(1);
    chain.get(0).verify(root.certificate().getPublicKey());
  }

  /** Whoever could write the certificate could put another key's in its place. Row: PK-27. */
  @Test
  void load_certificateWritableByOthers_refused() throws Exception {
    Files.setPosixFilePermissions(certificate, PosixFilePermissions.fromString("rw-rw-r--"));

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(this::load)
        .withMessageContaining(certificate + ": writable by group or others");
  }

  /** Nothing outlives its issuer. */
  @Test
  void issue_authorityNearItsEnd_endsWithIt() throws Exception {
    EmbeddedAuthority authority = load();
    clock.advance(Duration.ofDays(1).minusMinutes(10));

    assertThat(authority.issue(WORDS, TestKeys.key()).get(0).getNotAfter())
        .isEqualTo(root.certificate().getNotAfter());
  }

  /** Row: PK-13. */
  @Test
  void load_missingFile_refused() throws Exception {
    Files.delete(certificate);
    assertRefused(certificate, "no such file");
    Files.writeString(certificate, root.certificatePem());
    Files.delete(key);
    assertRefused(key, "no such file");
  }

  /** Row: PK-13. */
  @Test
  void load_directory_refused() throws Exception {
    Files.delete(certificate);
    Files.createDirectory(certificate);
    assertRefused(certificate, "a directory");
  }

  /** Row: PK-13. */
  @ParameterizedTest
  @ValueSource(strings = {"", "garbage\n", "\n", "\ufeff"})
  void load_somethingBeforeTheCertificate_refused(String before) throws Exception {
    String after = before.isEmpty() ? "" : root.certificatePem();
    Files.writeString(certificate, before + after);
    assertRefused(certificate, "certificates in PEM and nothing else");
  }

  /** Row: PK-13. */
  @Test
  void load_brokenBlocks_refused() throws Exception {
    Files.writeString(certificate, root.certificatePem() + "garbage\n");
    assertRefused(certificate, "certificates in PEM and nothing else");
    Files.writeString(certificate, root.certificatePem().replace("END", "XND"));
    assertRefused(certificate, "has no end");
    Files.writeString(certificate, CaFixture.pem("CERTIFICATE", new byte[] {1, 2, 3}));
    assertRefused(certificate, "not a certificate");
    Files.writeString(certificate, root.certificatePem().replaceFirst("MII", "M!I"));
    assertRefused(certificate, "not base64");
    Files.writeString(certificate, "x".repeat(PemFile.MAX_BYTES + 1));
    assertRefused(certificate, "more than 64 KiB");
  }

  /** Row: PK-13. */
  @Test
  void load_encryptedKey_refused() throws Exception {
    Files.writeString(key, CaFixture.pem("ENCRYPTED PRIVATE KEY", new byte[] {1}));
    assertRefused(key, "encrypted");
  }

  /** The text of a refusal shows nothing of the key. Row: PK-13. */
  @Test
  void load_keyOfAnotherForm_refusedWithoutShowingIt() throws Exception {
    String pem = root.keyPem();
    Files.writeString(key, pem.replace("PRIVATE KEY", "EC PRIVATE KEY"));
    assertRefused(key, "PKCS#8");
    Files.writeString(key, pem + pem);
    assertRefused(key, "more than a key");
    Files.writeString(key, CaFixture.pem("PRIVATE KEY", new byte[] {1, 2, 3}));
    assertRefused(key, "another key");
    Files.writeString(key, pem.replaceFirst("MIG|MEE|MIE", "secret!"));
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(this::load)
        .withMessageNotContaining("secret");
  }

  /** Row: PK-13. */
  @Test
  void load_keyOfAnotherCertificate_refused() throws Exception {
    Files.writeString(key, CaFixture.pem("PRIVATE KEY", TestKeys.pair().getPrivate().getEncoded()));
    assertRefused(key, "does not belong to " + certificate);
  }

  /** Row: PK-13. */
  @Test
  void load_expiredOrNotYetValid_refused() throws Exception {
    clock.advance(Duration.ofDays(1).plusSeconds(1));
    assertRefused(certificate, "expired at");
    CaFixture later =
        CaFixture.make(
            "later", TestKeys.pair(), null, Form.GOOD, to.plusSeconds(60), to.plusSeconds(90));
    Files.writeString(certificate, later.certificatePem());
    assertRefused(certificate, "not valid before");
  }

  /** Row: PK-13. */
  @ParameterizedTest
  @EnumSource(
      value = Form.class,
      names = {"NOT_CA", "NO_KEY_USAGE", "NO_CERT_SIGN"})
  void load_certificateThatMayNotIssue_refused(Form form) throws Exception {
    CaFixture other = CaFixture.make("other", root.keys(), null, form, from, to);
    Files.writeString(certificate, other.certificatePem());
    assertRefused(certificate, form == Form.NOT_CA ? "CA:TRUE" : "keyCertSign");
  }

  /** Row: PK-13. */
  @ParameterizedTest
  @ValueSource(strings = {"secp384r1", "RSA"})
  void load_anotherAlgorithmOrCurve_refused(String kind) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(kind.equals("RSA") ? "RSA" : "EC");
    if (kind.equals("RSA")) {
      generator.initialize(2048);
    } else {
      generator.initialize(new ECGenParameterSpec(kind));
    }
    KeyPair keys = generator.generateKeyPair();
    CaFixture other = CaFixture.make("other", keys, null, Form.GOOD, from, to);
    Files.writeString(key, other.keyPem());
    assertRefused(key, "P-256");
    Files.writeString(certificate, other.certificatePem());
    assertRefused(certificate, "P-256");
  }

  /** An authority below a root that others share is none. Row: PK-13. */
  @Test
  void load_notItsOwnRoot_refused() throws Exception {
    CaFixture below = CaFixture.make("below", TestKeys.pair(), root, Form.GOOD, from, to);
    Files.writeString(key, below.keyPem());
    Files.writeString(certificate, below.certificatePem());
    assertRefused(certificate, "self-signed");
    CaFixture namesake = CaFixture.make("root", TestKeys.pair(), root, Form.GOOD, from, to);
    Files.writeString(key, namesake.keyPem());
    Files.writeString(certificate, namesake.certificatePem());
    assertRefused(certificate, "self-signed");
  }

  /** Row: PK-13. */
  @Test
  void load_moreThanOneCertificate_refused() throws Exception {
    CaFixture other = CaFixture.make("other", TestKeys.pair(), null, Form.GOOD, from, to);
    Files.writeString(certificate, root.certificatePem() + other.certificatePem());
    assertRefused(certificate, "expected: one");
  }

  /** A key that others may read is not a key, behind a link either. Row: PK-27. */
  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw-r-----", "rw----r--", "rw--w----", "rw-----w-"})
  void load_keyOpenToOthers_refusedWithItsPath(String mode) throws Exception {
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(mode));
    assertRefused(key, "0600");
    Path link = Files.createSymbolicLink(folder.resolve("link"), key);
    key = link;
    assertRefused(link, "0600");
  }

  /** What is to be trusted has no key beside it, and must be an authority's all the same. */
  @Test
  void roots_authoritiesAlone_elseRefused() throws Exception {
    CaFixture second = CaFixture.make("second", TestKeys.pair(), null, Form.GOOD, from, to);
    CaFixture none = CaFixture.make("none", TestKeys.pair(), null, Form.NOT_CA, from, to);
    String both = root.certificatePem() + second.certificatePem();
    CaFixture.file(certificate, both);

    assertThat(AuthorityFiles.roots(certificate))
        .containsExactly(root.certificate(), second.certificate());
    CaFixture.file(certificate, root.certificatePem().repeat(8));
    assertThat(AuthorityFiles.roots(certificate)).as("the most").hasSize(8);
    CaFixture.file(certificate, both + none.certificatePem());
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> AuthorityFiles.roots(certificate))
        .withMessageContaining("a certificate of no authority (expected: ");
  }

  /** An authority that may have none below it is one all the same. */
  @Test
  void roots_authorityWithoutOthersBelow_isGood() throws Exception {
    CaFixture alone = CaFixture.make("alone", TestKeys.pair(), null, Form.NONE_BELOW, from, to);
    CaFixture.file(certificate, alone.certificatePem());

    assertThat(AuthorityFiles.roots(certificate)).containsExactly(alone.certificate());
    Files.setPosixFilePermissions(certificate, PosixFilePermissions.fromString("rw--w----"));
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> AuthorityFiles.roots(certificate))
        .withMessageContaining("writable by group or others");
  }

  /** What is wrong is said with the line where it is. */
  @Test
  void roots_brokenSecondBlock_saysTheLine() throws Exception {
    String good = root.certificatePem();
    long lines = good.lines().count();
    for (String problem :
        List.of(
            "line " + (lines + 1) + " is not -----BEGIN CERTIFICATE-----",
            "the CERTIFICATE at line " + (lines + 1) + " has no end")) {
      String second = problem.endsWith("no end") ? "-----BEGIN CERTIFICATE-----\nAAAA\n" : "AAAA\n";
      CaFixture.file(certificate, good + second);
      assertThatExceptionOfType(ConfigException.class)
          .isThrownBy(() -> AuthorityFiles.roots(certificate))
          .withMessageContaining(problem);
    }
  }

  /** A passphrase is one line, as long as a file may be at most. */
  @Test
  void line_longestEmptyOrMore_theFirstAlone() throws Exception {
    String longest = "x".repeat(PemFile.MAX_BYTES);
    assertThat(PemFile.line(CaFixture.file(key, longest))).hasSize(PemFile.MAX_BYTES);
    for (List<String> wrong :
        List.of(
            List.of(longest + "x", "more than 64 KiB"),
            List.of("", "empty"),
            List.of("\n", "empty"),
            List.of("a\nb", "more than a line"))) {
      assertThatExceptionOfType(ConfigException.class)
          .isThrownBy(() -> PemFile.line(CaFixture.file(key, wrong.get(0))))
          .withMessageContaining(key + ": " + wrong.get(1) + " (expected: ");
    }
  }
}
