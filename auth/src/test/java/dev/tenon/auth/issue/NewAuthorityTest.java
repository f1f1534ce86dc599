package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An authority that is written to files, with its key in clear or encrypted, and read again. */
class NewAuthorityTest {
  private static final TrustDomain DOMAIN = new TrustDomain("example.org");
  private static final SpiffeId WORDS =
      SpiffeId.parse("spiffe://example.org/host/main/plugin/words/words-0000000000000001");
  private static final String SECRET = "correct horse battery staple";

  private final TestClock clock = new TestClock();

  @TempDir private Path folder;
  private AuthorityFiles plain;
  private AuthorityFiles encrypted;

  @BeforeEach
  void name() throws Exception {
    plain = new AuthorityFiles(folder.resolve("ca.crt"), folder.resolve("ca.private"));
    encrypted = plain.encrypted(CaFixture.file(folder.resolve("phrase"), SECRET + "\n"));
  }

  private void write(AuthorityFiles files) throws Exception {
    new NewAuthority(DOMAIN, Duration.ofDays(365), clock, new SecureRandom())
        .write(Role.PLUGIN, files);
  }

  private Issuer load(AuthorityFiles files) throws ConfigException {
    return new CheckedIssuer(
        EmbeddedAuthority.load(DOMAIN, Role.PLUGIN, files, clock, new SecureRandom()), clock);
  }

  private void assertRefused(AuthorityFiles files, Path named, String problem) {
    assertThatThrownBy(() -> load(files))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(named + ": ")
        .hasMessageContaining(problem)
        .hasMessageNotContaining(SECRET);
  }

  @Test
  void write_plain_keyForItsOwnerAloneAndIssues() throws Exception {
    write(plain);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(plain.key())))
        .isEqualTo("rw-------");
    assertThat(load(plain).issue(WORDS, TestKeys.key())).hasSize(1);
    assertThat(load(plain).trustBundle().get(0).getNotAfter().toInstant())
        .isEqualTo(clock.instant().plus(Duration.ofDays(365)).truncatedTo(ChronoUnit.SECONDS));
  }

  /** The key at rest is useless without the passphrase. Attack: X24. */
  @Test
  void write_encrypted_openedWithThePassphraseAlone() throws Exception {
    write(encrypted);

    assertThat(Files.readString(encrypted.key())).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY");
    assertThat(load(encrypted).issue(WORDS, TestKeys.key())).hasSize(1);
    assertRefused(plain, plain.key(), "an encrypted key, and there is no passphrase");
    Files.writeString(encrypted.passphrase().orElseThrow(), "another\n");
    assertRefused(encrypted, encrypted.key(), "cannot be decrypted");
  }

  /** As OpenSSL encrypts keys. Attack: X24. */
  @Test
  void load_encryptedByOpenssl_issues() throws Exception {
    write(plain);
    Path out = folder.resolve("encrypted");
    Process openssl =
        new ProcessBuilder(
                List.of(
                    "openssl",
                    "pkcs8",
                    "-topk8",
                    "-in",
                    plain.key().toString(),
                    "-out",
                    out.toString(),
                    "-passout",
                    "file:" + encrypted.passphrase().orElseThrow()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(openssl.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(openssl.exitValue()).isZero();
    Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rw-------"));

    AuthorityFiles files = new AuthorityFiles(plain.certificate(), out, encrypted.passphrase());

    assertThat(load(files).issue(WORDS, TestKeys.key())).hasSize(1);
  }

  /** Attack: X24. Row: PK-27. */
  @Test
  void load_passphraseOpenToOthersOrEmptyOrForAPlainKey_refused() throws Exception {
    write(encrypted);
    Path phrase = encrypted.passphrase().orElseThrow();
    Files.setPosixFilePermissions(phrase, PosixFilePermissions.fromString("rw-r-----"));
    assertRefused(encrypted, phrase, "open to group or others");
    Files.setPosixFilePermissions(phrase, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(phrase, "\n");
    assertRefused(encrypted, phrase, "(expected: one line with a passphrase");
    Files.writeString(phrase, SECRET);
    Files.delete(plain.key());
    Files.delete(plain.certificate());
    write(plain);
    assertRefused(encrypted, plain.key(), "(expected: one ENCRYPTED PRIVATE KEY");
  }

  /** What is there stays as it is. */
  @Test
  void write_filesThatExist_refusedAndUntouched() throws Exception {
    write(plain);
    String certificate = Files.readString(plain.certificate());
    String key = Files.readString(plain.key());
    assertThatThrownBy(() -> write(plain)).isInstanceOf(FileAlreadyExistsException.class);
    Files.delete(plain.certificate());
    assertThatThrownBy(() -> write(plain)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(plain.certificate()).doesNotExist();
    assertThat(Files.readString(plain.key())).isEqualTo(key);
    Files.writeString(plain.certificate(), certificate);
    Files.delete(plain.key());
    assertThatThrownBy(() -> write(plain)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(plain.key()).doesNotExist();
  }
}
