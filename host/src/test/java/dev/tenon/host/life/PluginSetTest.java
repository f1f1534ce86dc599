package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.Plugin;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A set of plugins and what they are made of belong together: each mistake has an error of its own.
 *
 * <p>Row: CF-10
 */
class PluginSetTest {
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static String failure(HostBuilder host) {
    HostStartException failure = catchThrowableOfType(HostStartException.class, host::start);
    assertThat(failure).as("start").isNotNull();
    return String.valueOf(failure.getMessage());
  }

  @Test
  void start_noProgram_isNamed() throws Exception {
    home.describe("echo", "0".repeat(64), "program");

    assertThat(failure(home.host()))
        .isEqualTo("plugin echo: command: program (expected: a file that exists)");
  }

  @Test
  void start_programThatNoFileDescribes_isNamed() throws Exception {
    home.shell("echo", "exit 0");
    Files.delete(home.plugins().resolve("echo").resolve("plugin.toml"));

    assertThat(failure(home.host())).contains("echo/plugin.toml: no such file");
  }

  @Test
  void start_programOfAnotherName_isNamed() throws Exception {
    home.provides("echo", EchoGrpc.SERVICE_NAME).program("echo", ModePlugins.class, "rival");

    assertThat(failure(home.host())).startsWith("plugin echo ").contains("rival");
  }

  @Test
  void start_oneNameInTwoFolders_isNamed() throws Exception {
    home.java("echo", Behaviour.ECHO).java("again", Behaviour.ECHO);
    Files.copy(
        home.plugins().resolve("echo").resolve("plugin.toml"),
        home.plugins().resolve("again").resolve("plugin.toml"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);

    assertThat(failure(home.host())).isEqualTo("plugin echo: in 2 folders (expected: 1)");
  }

  @Test
  void start_emptyFolder_isNamed() throws Exception {
    assertThat(failure(home.host()))
        .isEqualTo(
            home.plugins()
                + ": no plugins (expected: one folder a plugin, each with a plugin.toml)");
  }

  @Test
  void start_samePluginValueTwice_isNamed() throws Exception {
    Plugin plugin = ModePlugins.plugin("echo");

    assertThat(failure(home.bareHost().plugin(plugin).plugin(plugin)))
        .isEqualTo("plugin echo: added twice (expected: once)");
  }

  @Test
  void start_pluginValueWithoutService_isNamed() throws Exception {
    home.provides("empty", EchoGrpc.SERVICE_NAME);
    Plugin plugin =
        Plugin.named("empty").provides(EchoGrpc.SERVICE_NAME, context -> nothing()).build();

    assertThat(failure(home.bareHost().plugin(plugin)))
        .startsWith(
            "plugin empty could not make " + EchoGrpc.SERVICE_NAME + ": the factory made nothing");
  }

  @SuppressWarnings("NullAway") // What an author may do by mistake.
  private static io.grpc.BindableService nothing() {
    return null;
  }
}
