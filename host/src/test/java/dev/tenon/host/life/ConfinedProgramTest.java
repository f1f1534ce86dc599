package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.RuntimeId;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What small programs find where they are confined: they print it and end. */
class ConfinedProgramTest {
  private static final int UID = 700_000_000 + (int) (ProcessHandle.current().pid() % 1_000_000);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /** Runs {@code script}, and returns what it printed. */
  private List<String> printed(String isolation, String script, String... lines) throws Exception {
    home.shell("tool", script + "\ncat >/dev/null");
    if (!isolation.equals("shared-uid")) {
      home.isolate("tool", isolation, "uid = " + UID);
    }
    home.also("tool", lines);
    return run();
  }

  private List<String> run() throws Exception {
    Path folder = Files.createDirectories(home.root().resolve("state/plugins/tool"));
    Path own = Files.createDirectories(home.root().resolve("run/p/tool"));
    for (Path path : List.of(folder, own)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      if (Machine.isRoot()) {
        Files.setAttribute(path, "unix:uid", UID);
      }
    }
    Files.writeString(home.root().resolve("secret"), "of the host");
    LaunchedPlugin launched =
        PluginDefinition.load(home.plugins().resolve("tool"))
            .runtime()
            .launch(
                new Launch(
                    new RuntimeId("tool-0123456789abcdef"), folder, Optional.of(own), "{}\n"));
    launched.rebootstrap("end\n");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> launched.lastOutput().contains("done") || launched.exit().isDone());
    launched.kill();
    launched.exit().get(60, TimeUnit.SECONDS);
    return launched.lastOutput();
  }

  private static void require(String isolation) throws Exception {
    if (!isolation.equals("shared-uid")) {
      Machine.requireRoot();
    }
    if (isolation.equals("sandbox")) {
      Machine.requireSandbox();
    }
  }

  /**
   * No file of the host's comes along, whatever stands between host and program; no core is dumped,
   * and nothing gives new privileges.
   *
   * <p>Row: LC-22, LC-23, DP-10. Attack: L20.
   */
  @ParameterizedTest
  @ValueSource(strings = {"shared-uid", "own-uid", "sandbox"})
  void program_inEachMode_hasThreeFilesNoCoreAndNoNewPrivileges(String isolation) throws Exception {
    require(isolation);

    assertThat(
            printed(
                isolation,
                "ls /proc/self/fd | tr '\\n' ' '; echo; grep -E '^NoNewPrivs' /proc/$$/status;"
                    + " grep 'Max core' /proc/$$/limits; echo done"))
        .contains("0 1 2 3 ") // 3 is the directory that ls itself has open
        .anyMatch(line -> line.matches("NoNewPrivs:\\s+1"))
        .anyMatch(line -> line.matches("Max core file size\\s+0\\s+0\\s+bytes\\s*"));
  }

  /**
   * A program that takes more than its share gets no more, and dies of it.
   *
   * <p>Row: LC-24
   */
  @Test
  void limits_memoryAndFiles_holdBack() throws Exception {
    Machine.requireRoot();

    assertThat(
            printed(
                "own-uid",
                "dd if=/dev/zero of=/dev/null bs=400M count=1 && echo hogged || echo starved;"
                    + " grep -E 'open files|address space' /proc/$$/limits; echo done",
                "[limits]",
                "memory = \"100M\"",
                "open_files = 40"))
        .contains("starved")
        .doesNotContain("hogged")
        .anyMatch(line -> line.matches("Max open files\\s+40\\s+40\\s+files\\s*"));
  }

  /**
   * A plugin that starts processes without end is stopped at its limit, and all of them end with
   * it.
   *
   * <p>Row: LC-24. Attack: L14.
   */
  @ParameterizedTest
  @ValueSource(strings = {"own-uid", "sandbox"})
  void limits_forkBomb_isCappedAndGone(String isolation) throws Exception {
    require(isolation);

    List<String> printed =
        printed(
            isolation,
            // It dies of the first that it cannot start; not before it was written to.
            "read first; read second;"
                + " i=0; while [ $i -lt 60 ]; do sleep 600 & i=$((i + 1)); done; echo done",
            "[limits]",
            "processes = 20");

    assertThat(printed).anyMatch(line -> line.contains("fork"));
    new dev.tenon.host.launch.UserProcesses(UID).killAll();
    assertThat(new dev.tenon.host.launch.UserProcesses(UID).running()).isEmpty();
  }

  /**
   * In a sandbox: its own folders, the system read-only, no other process, no network. Row: LC-24.
   */
  @Test
  void sandbox_program_seesOnlyItsOwn() throws Exception {
    require("sandbox");

    List<String> printed =
        printed(
            "sandbox",
            """
            cat %1$s/secret 2>/dev/null && echo secret
            for file in /usr/x /x /etc/x %1$s/plugins/tool/x; do
              touch $file 2>/dev/null && echo wrote $file
            done
            touch "$TENON_STATE/kept" %1$s/run/p/tool/made /tmp/made && echo wrote own
            echo pids $(ls /proc | grep -c '^[0-9]')
            echo devices $(grep -c : /proc/net/dev)
            ls /root /home /var 2>/dev/null && echo homes
            id -u; echo done\
            """
                .formatted(home.root()));

    assertThat(printed)
        .contains("wrote own", Integer.toString(UID), "devices 1")
        .doesNotContain("secret", "homes", "of the host")
        .noneMatch(line -> line.matches("wrote /.*"))
        .anyMatch(line -> line.matches("pids [1-6]"));
    assertThat(home.root().resolve("state/plugins/tool/kept")).exists();
  }

  /** A network is there only if it was asked for. */
  @Test
  void sandbox_withNetwork_hasTheMachines() throws Exception {
    require("sandbox");

    assertThat(
            printed(
                "sandbox", "readlink /proc/self/ns/net; echo done", "[sandbox]", "network = true"))
        .contains(Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
  }

  /** A sandbox of root's own user would be root's. */
  @Test
  void sandbox_hostIsRootAndNoUser_isRefused() throws Exception {
    require("sandbox");
    home.shell("tool", "cat >/dev/null").isolate("tool", "sandbox");

    assertThatThrownBy(this::run)
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("the host is root (expected: uid = N");
  }

  /**
   * Between checksum and start nobody can exchange the program whom the plugin is protected from:
   * it, and all folders above, are root's or the host's user's, and no group's to write.
   *
   * <p>Row: LC-15. Attack: L3.
   */
  @Test
  void ownUid_programThatAnotherUserCouldExchange_isRefused() throws Exception {
    Machine.requireRoot();
    home.shell("tool", "echo done; cat >/dev/null").isolate("tool", "own-uid", "uid = " + UID);
    Path folder = home.plugins().resolve("tool");
    Path program = folder.resolve("program");
    for (Path path : List.of(program, folder, home.plugins())) {
      Files.setAttribute(path, "unix:uid", UID);
      assertThatThrownBy(this::run)
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining(path + " is uid " + UID + "'s");
      Files.setAttribute(path, "unix:uid", 0);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxr-x"));
      assertThatThrownBy(this::run)
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining(path + " is writable by its group");
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertThat(run()).contains("done");
  }

  /**
   * What a plugin is told of where it is: addresses, where it may keep files, and one secret, which
   * is on its standard input alone.
   *
   * <p>Row: LC-30. Attack: L6.
   */
  @Test
  void program_argumentsAndEnvironment_sayWhereAndNothingSecret() throws Exception {
    List<String> printed =
        printed(
            "shared-uid",
            "tr '\\0' ' ' </proc/$$/cmdline; echo; tr '\\0' ' ' </proc/$$/environ; echo; echo"
                + " done");

    assertThat(printed)
        .anyMatch(line -> line.contains("TENON_STATE=" + home.root().resolve("state/plugins/tool")))
        .anyMatch(line -> line.contains("TENON_BOOTSTRAP=stdin"))
        .noneMatch(line -> line.matches(".*(tne_|tnr_|tng_|PRIVATE KEY).*"));
  }
}
