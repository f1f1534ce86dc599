package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.policy.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host whose authorities are files, as an operator makes them with OpenSSL. */
class AuthorityFilesStartTest {
  @TempDir private Path folder;

  @BeforeEach
  void make() throws Exception {
    make("host");
    make("plugin");
  }

  private void make(String role) throws Exception {
    run(
        List.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=" + role,
            "-addext",
            "keyUsage=critical,keyCertSign",
            "-keyout",
            key(role).toString(),
            "-out",
            certificate(role).toString()));
    Files.setPosixFilePermissions(key(role), PosixFilePermissions.fromString("rw-------"));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  private Path certificate(String role) {
    return folder.resolve(role + ".crt");
  }

  private Path key(String role) {
    return folder.resolve(role + ".private");
  }

  private void configure(HostBuilder host) {
    host.hostAuthority(certificate("host"), key("host"))
        .pluginAuthority(certificate("plugin"), key("plugin"));
  }

  /** Everything is issued by the operator's authorities, and a plugin gets in by them. */
  @Test
  void start_goodFiles_pluginEnrolsUnderThem() throws Exception {
    try (TestHost host = TestHost.with("").set(this::configure).enrolled("alpha").start()) {
      assertThat(host.plugin("alpha").credentials().chain().get(0).getIssuerX500Principal())
          .hasToString("CN=plugin");
      assertThat(host.plugin("alpha").bootstrap.trustBundle())
          .singleElement()
          .satisfies(root -> assertThat(root.getSubjectX500Principal()).hasToString("CN=host"));
    }
  }

  /** What is wrong is told before anything is made: no directory, no socket, no audit file. */
  @Test
  void start_keyOpenToOthers_refusedBeforeAnythingIsMade() throws Exception {
    Files.setPosixFilePermissions(key("plugin"), PosixFilePermissions.fromString("rw-r--r--"));
    assertRefused(key("plugin") + ": open to group or others");
  }

  /** With one key for both, a plugin could be issued what passes for the host. */
  @Test
  void start_oneKeyForBoth_refused() throws Exception {
    Files.copy(key("host"), key("plugin"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(certificate("host"), certificate("plugin"), StandardCopyOption.REPLACE_EXISTING);
    assertRefused(key("plugin") + ": the key of the host's authority too");
  }

  private void assertRefused(String message) throws Exception {
    Path home = Files.createDirectory(folder.resolve("home"));
    HostBuilder builder =
        PluginHost.builder()
            .policy(Policy.DENY_ALL)
            .state(home.resolve("s"))
            .run(home.resolve("r"));
    configure(builder);

    HostStartException refused = catchThrowableOfType(HostStartException.class, builder::start);

    assertThat(refused).hasMessageStartingWith(message).hasMessageContaining("(expected: ");
    assertThat(refused.kind()).isEqualTo(HostStartException.Kind.CONFIGURATION);
    try (Stream<Path> made = Files.list(home)) {
      assertThat(made).isEmpty();
    }
  }
}
