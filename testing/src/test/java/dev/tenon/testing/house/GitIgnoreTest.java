package dev.tenon.testing.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Secrets that lie about in a checkout do not get into a commit by accident. */
class GitIgnoreTest {
  private static final int IGNORED = 0;
  private static final int NOT_IGNORED = 1;

  /** Keys and certificates are ignored wherever they lie, and a source is not. Row: PK-27, SL-6. */
  @ParameterizedTest
  @CsvSource({
    "host-ca.key, true",
    "examples/host/plugin-ca.key, true",
    "certs/host-ca.crt, true",
    "examples/host/certs/anything, true",
    "ca.pem, true",
    ".env, true",
    "examples/host/.env, true",
    "auth/src/test/resources/ca.pem, true",
    "auth/src/main/java/dev/tenon/auth/Policy.java, false"
  })
  void checkIgnore_keysAndCertificates_ignored(String path, boolean ignored) throws Exception {
    Path root = Repository.here().root();
    assumeTrue(Files.exists(root.resolve(".git")), "no work tree of Git: " + root);
    Process git =
        new ProcessBuilder("git", "check-ignore", "--quiet", "--no-index", path)
            .directory(root.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(git.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(git.exitValue()).as(path).isEqualTo(ignored ? IGNORED : NOT_IGNORED);
  }
}
