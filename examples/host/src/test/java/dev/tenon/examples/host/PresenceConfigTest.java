package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.host.PluginHost;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code tenon.toml} says of probes and of an orchestrator reaches the host. */
final class PresenceConfigTest {
  private static final int LIMIT_MILLIS = 120_000;

  @TempDir private Path folder;

  private HostConfig config(String more) throws Exception {
    Files.writeString(
        Files.createDirectories(folder.resolve("p/one")).resolve("plugin.toml"),
        """
        name = "one"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s/b/one.json"
        listen = "tcp:127.0.0.1:1"
        """
            .formatted(folder));
    return HostConfig.read(
        Files.writeString(
            folder.resolve("tenon.toml"),
            """
            plugins = "p"
            policy = "policy.toml"
            state = "state"
            run = { directory = "run", allow_root = true }
            enrol.listen = "tcp:127.0.0.1:0"
            control.listen = "tcp:127.0.0.1:0"
            data.listen = "tcp:127.0.0.1:0"
            """
                + more));
  }

  /** The one plugin is somebody else's to start, so the host's start does not wait for it. */
  @Test
  void start_orchestratorAndProbes_bothAreThere() throws Exception {
    Files.createDirectory(
        folder.resolve("b"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    assertThat(Ran.with("ca", Files.createDirectory(folder.resolve("ca")).toString()).status())
        .isZero();
    try (ServerSocket orchestrator = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      orchestrator.setSoTimeout(LIMIT_MILLIS);
      HostConfig config =
          config(
              """
              probes.listen = "tcp:127.0.0.1:0"
              orchestrator = { endpoint = "tcp:127.0.0.1:%d", id = "o", authority = "ca/host-ca.crt" }
              """
                  .formatted(orchestrator.getLocalPort()));
      try (PluginHost host = config.host(List.of()).start();
          Socket connection = orchestrator.accept()) {
        connection.setSoTimeout(LIMIT_MILLIS);
        assertThat(connection.getInputStream().read()).as("of a TLS record").isEqualTo(0x16);
        assertThat(host.probes()).get().asString().startsWith("tcp:127.0.0.1:");
      }
    }
  }

  /** An orchestrator is believed by the certificate of its authority, or not at all. */
  @Test
  void host_orchestratorWithoutItsAuthority_isRefused() throws Exception {
    HostConfig config =
        config("orchestrator = { endpoint = \"tcp:o:1\", id = \"o\", authority = \"o.crt\" }\n");

    assertThatThrownBy(() -> config.host(List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(folder.resolve("o.crt").toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "probes.listen = 'tcp:0.0.0.0:7074'          | probes.listen | tcp:127.0.0.1:PORT",
        "probes.listen = 'tcp:localhost:7074'        | probes.listen | tcp:127.0.0.1:PORT",
        "probes.listen = 'unix:/tmp/p'               | probes.listen | tcp:127.0.0.1:PORT",
        "orchestrator.id = 'o'                       | orchestrator.endpoint | got nothing",
        "orchestrator.endpoint = 'http://o'          | orchestrator.endpoint | tcp:host:port",
        "orchestrator.id = '../o'                    | orchestrator.id | a-z",
        "orchestrator.heartbeat = 'PT0S'             | orchestrator.heartbeat | PT1S to PT1H",
        "orchestrator.token = 'x'                    | orchestrator.token | known key"
      })
  void read_anythingElse_isRefusedWithItsKey(String line, String key, String expected) {
    assertThatThrownBy(() -> config(line.replace('\'', '"') + "\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(key)
        .hasMessageContaining(expected);
  }
}
