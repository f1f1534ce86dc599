package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Plugin;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plugin whose runtime token expires while its certificate is good, under a real host. */
@Timeout(120)
final class TokenExpiryTest {
  private static final Duration LIFE = Duration.ofMinutes(10);

  /** Its calls are answered all the time: the SDK renews and repeats them. Row: TK-13 */
  @Test
  void call_tokenExpiredMidRun_answeredAllTheSame() throws Exception {
    FakeClock clock = new FakeClock();
    Plugin plugin = KitPlugin.plugin();
    Path folder = Files.createTempDirectory(Path.of("/tmp"), "tnt");
    try (PluginHost host =
        PluginHost.builder()
            .required("*")
            .state(folder.resolve("state"))
            .run(folder.resolve("run"))
            .clock(clock)
            .tokenLife(LIFE, Duration.ofMinutes(1))
            .startLimits(Duration.ofSeconds(60), Duration.ofSeconds(60))
            .policy(Policy.parse(new DeclaredPolicy(plugin).toml()))
            .offers(OtherGrpc.SERVICE_NAME, new KitPlugin.Capitals())
            .plugin(
                new PluginDefinition(
                    plugin.name(), plugin.version(), new InJvmRuntime(plugin, clock)))
            .start()) {
      var echo = host.client(EchoGrpc::newBlockingStub);
      for (int expiry = 0; expiry < 3; expiry++) {
        assertThat(KitPlugin.echo(echo, "a").getPayload().toStringUtf8()).isEqualTo("A");
        clock.advance(LIFE.plusSeconds(1));
        assertThat(KitPlugin.echo(echo, "b").getPayload().toStringUtf8()).isEqualTo("B");
      }
    } finally {
      TemporaryFolder.delete(folder);
    }
  }
}
