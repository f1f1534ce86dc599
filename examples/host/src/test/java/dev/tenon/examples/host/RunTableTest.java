package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a host may run as root. */
final class RunTableTest {
  private static final RunTable UNTOLD = new RunTable(Optional.empty(), false);

  /**
   * Root is refused in whichever of its four forms, with what to do about it.
   *
   * <p>Row: LC-23
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Uid:\t0\t0\t0\t0",
        "Uid:\t1000\t0\t1000\t1000",
        "Uid:\t0\t1000\t1000\t1000",
        "Uid:\t1000\t1000\t0\t1000",
        "Uid:\t1000\t1000\t1000\t0"
      })
  void checkUser_root_isRefused(String uids) {
    List<String> status = List.of("Name:\tjava", uids, "Gid:\t0\t0\t0\t0");

    assertThatThrownBy(() -> UNTOLD.checkUser(status, null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the host runs as root (expected: a user of its own");
    assertThatThrownBy(() -> UNTOLD.checkUser(status, "yes")).isInstanceOf(ConfigException.class);
  }

  @Test
  void checkUser_rootThatWasTold_passes() {
    List<String> root = List.of("Uid:\t0\t0\t0\t0");

    assertThatCode(() -> new RunTable(Optional.empty(), true).checkUser(root, null))
        .doesNotThrowAnyException();
    assertThatCode(() -> UNTOLD.checkUser(root, "true")).doesNotThrowAnyException();
  }

  @Test
  void checkUser_another_passes() {
    assertThatCode(() -> UNTOLD.checkUser(List.of("Uid:\t1000\t1000\t1000\t1000"), null))
        .doesNotThrowAnyException();
  }

  @Test
  void read_eitherForm_hasTheDirectory() throws ConfigException {
    RunTable text = RunTable.read(ConfigTable.parse("t", "run = \"/r\""), Path::of);
    RunTable table =
        RunTable.read(
            ConfigTable.parse("t", "run.directory = \"/r\"\nrun.allow_root = true"), Path::of);

    assertThat(text).isEqualTo(new RunTable(Optional.of(Path.of("/r")), false));
    assertThat(table).isEqualTo(new RunTable(Optional.of(Path.of("/r")), true));
  }

  /** The whole program, where the test is root's. */
  @Test
  void run_asRootUntold_isRefused(@TempDir Path folder) throws Exception {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "not root");
    assumeTrue(System.getenv(RunTable.ALLOW_ROOT) == null, "told by the environment");
    Files.createDirectories(folder.resolve("p/a"));
    Files.writeString(
        folder.resolve("p/a/plugin.toml"),
        """
        name = "a"
        version = "1.0.0"
        command = ["/bin/cat"]
        isolation = "shared-uid"
        sha256 = "%s"
        """
            .formatted("0".repeat(64)));
    Path file = folder.resolve("tenon.toml");
    Files.writeString(file, "plugins = \"p\"\npolicy = \"policy.toml\"\nrun = \"run\"\n");

    Ran ran = Ran.with("run", "--config", file.toString());

    assertThat(ran.status()).isEqualTo(3);
    assertThat(ran.err()).contains("run.allow_root: the host runs as root");
    assertThat(folder.resolve("run")).doesNotExist();
  }
}
