package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs that the host does not start. Every refusal names the plugin and what was expected.
 *
 * <p>Row: LC-15
 */
class LaunchRefusalTest {
  private TestHome home;
  private Path folder;
  private Path program;
  private String sha256;

  @BeforeEach
  void makePlugin() throws IOException {
    home = TestHome.create();
    home.shell("tool", "echo ran; cat >/dev/null");
    folder = home.plugins().resolve("tool");
    program = folder.resolve("program");
    sha256 = TestHome.sha256(program);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  @Test
  void launch_programOfTheFolder_runs() throws Exception {
    assertThat(run()).isZero();
  }

  @Test
  void launch_absolutePath_runs() throws Exception {
    Path elsewhere = Files.move(program, home.root().resolve("elsewhere"));
    home.describe("tool", sha256, elsewhere.toString());

    assertThat(run()).isZero();
  }

  /** What no file lies at is not looked for elsewhere. Attack: L1. */
  @ParameterizedTest
  @ValueSource(strings = {"sh", "java", "~/program", "", "bin/missing", "nul\\u0000"})
  void launch_nameThatIsNoFile_isNotLookedUp(String command) throws Exception {
    home.describe("tool", sha256, command);

    assertRefused().hasMessageContaining("command: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "../../plugins/outside", "./../tool/../outside"})
  void launch_relativePathOutOfTheFolder_isRefused(String command) throws Exception {
    Files.move(program, home.plugins().resolve("outside"));
    home.describe("tool", sha256, command);

    assertRefused().hasMessageContaining("(expected: under " + folder + ")");
  }

  @Test
  void launch_linkOutOfTheFolder_isRefused() throws Exception {
    Path outside = Files.move(program, home.root().resolve("outside"));
    Files.createSymbolicLink(program, outside);

    assertRefused()
        .hasMessageContaining("leads to " + outside)
        .hasMessageContaining("(expected: under " + folder + ")");
  }

  @Test
  void launch_changedProgram_isRefusedWithBothChecksums() throws Exception {
    Files.writeString(program, "#!/bin/sh\necho changed\n");

    assertRefused()
        .hasMessageContaining("sha256 " + TestHome.sha256(program))
        .hasMessageContaining("(expected: " + sha256 + ")");
  }

  @Test
  void launch_notExecutable_isRefused() throws Exception {
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rw-r--r--"));

    assertRefused().hasMessageContaining("(expected: an executable regular file)");
  }

  @Test
  void launch_directory_isRefused() throws Exception {
    Files.createDirectory(folder.resolve("bin"));
    home.describe("tool", sha256, "bin");

    assertRefused().hasMessageContaining("(expected: an executable regular file)");
  }

  /** Who can write it can be it. Attack: L4. */
  @Test
  void launch_programThatOthersCanWrite_isRefused() throws Exception {
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xrwx"));

    assertRefused().hasMessageContaining("writable by others)");
  }

  @Test
  void launch_folderThatOthersCanWrite_isRefused() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xrwx"));

    assertRefused().hasMessageContaining("writable by others)");
  }

  /** Whoever can write a folder further up can put another folder in place of the plugin's. */
  @Test
  void launch_folderAboveThatOthersCanWrite_isRefused() throws Exception {
    Files.setPosixFilePermissions(home.root(), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertRefused().hasMessageContaining(home.root() + " is writable by others");
  }

  @Test
  void launch_programWithSetuid_isRefused() throws Exception {
    Files.setAttribute(program, "unix:mode", 0104755);

    assertRefused().hasMessageContaining("(expected: neither setuid nor setgid)");
  }

  @Test
  void start_refusedProgram_namesItAndLeavesNothing() throws Exception {
    Files.writeString(program, "#!/bin/sh\necho changed\n");

    assertThatThrownBy(() -> home.host().start())
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("plugin tool: command: " + program)
        .extracting(e -> ((HostStartException) e).kind())
        .isEqualTo(HostStartException.Kind.CONFIGURATION);
    home.awaitNoProcess();
    try (PluginHost host = home.bareHost().start()) {
      assertThat(host.plugins()).isEmpty();
    }
  }

  private AbstractThrowableAssert<?, ? extends Throwable> assertRefused() {
    return assertThatThrownBy(this::run)
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith("plugin tool: ")
        .hasMessageContaining("(expected: ");
  }

  /** Starts the program as the host would, and returns the status with which it ended. */
  private int run() throws ConfigException, LaunchException {
    LaunchedPlugin launched =
        PluginDefinition.load(folder)
            .runtime()
            .launch(new Launch(new RuntimeId("tool-0123456789abcdef"), home.root(), "{}\n"));
    launched.terminate();
    int status = launched.exit().join();
    return status == 143 ? 0 : status; // 128 + SIGTERM: it may not have seen the end of its stdin
  }
}
