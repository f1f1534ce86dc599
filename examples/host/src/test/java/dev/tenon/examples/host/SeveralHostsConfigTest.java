package dev.tenon.examples.host;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.host.HostStartException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code tenon.toml} says of other hosts reaches the host. */
final class SeveralHostsConfigTest {
  @TempDir private Path folder;

  @BeforeEach
  void makePlugins() throws Exception {
    Files.writeString(
        Files.createDirectories(folder.resolve("p/one")).resolve("plugin.toml"),
        """
        name = "one"
        version = "1.0.0"
        command = ["/bin/true"]
        isolation = "shared-uid"
        sha256 = "%s"
        """
            .formatted("0".repeat(64)));
  }

  private HostConfig config(String more) throws Exception {
    return HostConfig.read(
        Files.writeString(
            folder.resolve("tenon.toml"),
            """
            plugins = "p"
            policy = "policy.toml"
            state = "state"
            run = { directory = "run", allow_root = true }
            """
                + more));
  }

  /** The registry is that etcd: without it there is no start. */
  @Test
  void start_etcdThatNobodyServes_failsAndNamesIt() throws Exception {
    try (Socket taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // and does not listen
      String etcd = "http://127.0.0.1:" + taken.getLocalPort();
      HostConfig config = config("registry = { etcd = [\"" + etcd + "\"], lease = \"PT2S\" }\n");

      assertThatThrownBy(() -> config.host(List.of()).start())
          .isInstanceOf(HostStartException.class)
          .hasMessageContaining(etcd);
    }
  }

  /** A peer is believed by the certificate of its authority, or not at all. */
  @Test
  void host_peerWithoutItsAuthority_isRefused() throws Exception {
    HostConfig config = config("hosts.peers = { h-1 = \"h-1.crt\" }\n");

    assertThatThrownBy(() -> config.host(List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(folder.resolve("h-1.crt").toString());
  }
}
