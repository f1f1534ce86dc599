package dev.tenon.host.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.RuntimeId;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What plugin.toml may ask for, and what comes of it where the machine lacks it. */
class ConfinementTest {
  private static final RuntimeId RUN = new RuntimeId("tool-0123456789abcdef");

  @TempDir private Path folder;

  private static Confinement read(String toml) throws ConfigException {
    ConfigTable table = ConfigTable.parse("plugin.toml", toml.replace(';', '\n'));
    Confinement confinement = Confinement.read(table);
    table.finish();
    return confinement;
  }

  private List<String> command(Confinement confinement, List<Path> tools) throws LaunchException {
    Launch launch = new Launch(RUN, folder, Optional.of(folder), "{}\n");
    return new Confinement(
            confinement.isolation(),
            confinement.uid(),
            confinement.limits(),
            confinement.sandbox(),
            new Tools(tools))
        .command(new Confinement.Started(List.of("/bin/program", "-x"), List.of(folder), launch));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "isolation = 'none'|expected: shared-uid, own-uid or sandbox",
        "isolation = 'own-uid'|uid: nothing (expected: the number of a user",
        "isolation = 'own-uid';uid = 0|uid: got 0 (expected: 1 to",
        "isolation = 'own-uid';uid = -1|uid: got -1 (expected: 1 to",
        "isolation = 'own-uid';uid = 65534|uid: got 65534 (expected: 1 to",
        "isolation = 'own-uid';uid = 4294967296|uid: got 4294967296 (expected: 1 to",
        "isolation = 'shared-uid';uid = 7|uid: got 7 (expected: only with own-uid or sandbox)",
        "isolation = 'shared-uid';[sandbox]|expected: only with isolation",
        "isolation = 'sandbox';[sandbox];read_only = ['etc']|expected: an absolute path",
        "isolation = 'sandbox';[sandbox];read_only = ['/a/../etc']|expected: an absolute path",
        "isolation = 'sandbox';[sandbox];seccomp = 'x'|sandbox.seccomp: got an unknown key",
        "isolation = 'shared-uid';[limits];memory = '12'|expected: a size such as 512M",
        "isolation = 'shared-uid';[limits];memory = '0M'|expected: a size such as 512M",
        "isolation = 'shared-uid';[limits];open_files = 0|open_files: got 0 (expected: 1 to",
        "isolation = 'shared-uid';[limits];processes = 3|only with own-uid or sandbox",
        "isolation = 'shared-uid';[limits];cpu = 3|limits.cpu: got an unknown key",
      })
  void read_wrongOrUnknown_isRefused(String toml, String expected) {
    assertThatThrownBy(() -> read(toml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(expected);
  }

  /**
   * What was asked for and is not installed is an error that says what to install.
   *
   * <p>Row: LC-24
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "isolation = 'own-uid';uid = 7|no setpriv|util-linux",
        "isolation = 'sandbox';uid = 7|no bwrap|bubblewrap",
        "isolation = 'shared-uid';[limits];memory = '1G'|no prlimit|util-linux",
      })
  void command_toolMissing_isRefused(String toml, String missing, String toInstall)
      throws ConfigException {
    Confinement confinement = read(toml);

    assertThatThrownBy(() -> command(confinement, List.of(folder)))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("plugin tool: isolation " + confinement.isolation())
        .hasMessageContaining(missing + " in [" + folder + "]")
        .hasMessageContaining("the package " + toInstall + " installed");
  }

  @Test
  void command_sharedWithoutTools_isTheProgramAlone() throws Exception {
    assertThat(command(read("isolation = 'shared-uid'"), List.of(folder)))
        .containsExactly("/bin/program", "-x");
  }

  @Test
  void command_ownUid_givesUpEverythingBeforeTheProgram() throws Exception {
    List<String> command =
        command(
            read(
                "isolation = 'own-uid';uid = 7;[limits];memory = '1G';processes = 5;open_files ="
                    + " 9"),
            Tools.SYSTEM.folders());

    assertThat(command)
        .containsSubsequence(
            "--reuid=7",
            "--regid=7",
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all",
            "--no-new-privs",
            "--pdeathsig=KILL",
            "--core=0",
            "--as=1073741824",
            "--nproc=5",
            "--nofile=9",
            "/bin/program",
            "-x");
    assertThat(read("isolation = 'own-uid';uid = 7").uid()).isEqualTo(OptionalInt.of(7));
  }

  /** Where there are no Unix sockets a sandbox would have no way to the host. */
  @Test
  void command_sandboxWithoutDirectory_isRefused() throws Exception {
    Confinement confinement = read("isolation = 'sandbox';uid = 7");
    Launch launch = new Launch(RUN, folder, "{}\n");

    assertThatThrownBy(
            () ->
                confinement.command(
                    new Confinement.Started(List.of("/bin/program"), List.of(), launch)))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("no Unix sockets here");
  }
}
