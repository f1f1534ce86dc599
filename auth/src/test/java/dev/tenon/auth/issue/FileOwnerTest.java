package dev.tenon.auth.issue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenon.auth.TestClock;
import dev.tenon.auth.TestKeys;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.CaFixture.Form;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of an authority that belong to somebody else. */
class FileOwnerTest {
  private static final int NOBODY = 65_534;

  private final TestClock clock = new TestClock();
  private Path certificate;
  private Path key;
  private Path passphrase;

  @TempDir private Path folder;

  @BeforeEach
  void write() throws Exception {
    Instant now = clock.instant();
    CaFixture root =
        CaFixture.make(
            "root",
            TestKeys.pair(),
            null,
            Form.GOOD,
            now.minus(Duration.ofDays(1)),
            now.plus(Duration.ofDays(1)));
    certificate = CaFixture.file(folder.resolve("ca.crt"), root.certificatePem());
    key = CaFixture.file(folder.resolve("ca.private"), root.keyPem());
    passphrase = CaFixture.file(folder.resolve("passphrase"), "a long enough passphrase");
  }

  private AuthorityFiles files() {
    return new AuthorityFiles(certificate, key);
  }

  /** Returns somebody to whom {@code file} is another's: as root it is given away first. */
  private static OwnUser strangerTo(Path file) throws Exception {
    OwnUser own = OwnUser.current();
    if (own.uid().orElseThrow() == 0) {
      try {
        Files.setAttribute(file, "unix:uid", NOBODY);
      } catch (IOException e) {
        assumeTrue(false, "root may not give files away here: " + e.getMessage());
      }
      return own;
    }
    return new OwnUser(OptionalInt.of(own.uid().orElseThrow() + 1));
  }

  /** Whoever owns it can change it at any time, whatever its mode. Row: PK-27. */
  @Test
  void read_fileOfAnotherUser_isRefusedByName() throws Exception {
    for (Path file : List.of(certificate, key, passphrase)) {
      write();
      OwnUser own = strangerTo(file);
      AuthorityFiles files = file.equals(passphrase) ? files().encrypted(passphrase) : files();

      assertThatExceptionOfType(ConfigException.class)
          .isThrownBy(() -> files.read(clock.instant(), own))
          .withMessageContaining("belongs to user")
          .withMessageContaining("expected: user " + own.uid().orElseThrow());
      if (own.uid().orElseThrow() == 0) {
        Files.setAttribute(file, "unix:uid", 0);
      }
    }
  }

  /** Through the way that a host takes. Row: PK-27. */
  @Test
  void read_ownFiles_areTaken() throws Exception {
    assertThat(files().read(clock.instant()).certificate()).isNotNull();
  }

  /** Where the system does not tell, the mode alone is asked. */
  @Test
  void read_userUnknown_isTaken() throws Exception {
    assertThat(files().read(clock.instant(), new OwnUser(OptionalInt.empty())).key()).isNotNull();
  }
}
