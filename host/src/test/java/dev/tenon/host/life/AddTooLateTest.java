package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.RegistryLimits;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Processes that are added and do not get on in time, or for which there is no room, at the same
 * time: what the host has afterwards is what it had before.
 */
@Timeout(300)
class AddTooLateTest {
  private static final Duration SOON = Duration.ofMinutes(2);

  /** What fails takes so long; what does not, the plugin that is there before, stays below. */
  private static final Duration TOO_LONG = Duration.ofSeconds(4);

  private static final PluginName BASE = new PluginName("base");

  private TestHome home;

  @BeforeEach
  void makeHome() throws Exception {
    home = TestHome.create();
    home.provides("base", OtherGrpc.SERVICE_NAME);
  }

  @AfterEach
  void close() throws Exception {
    home.close();
  }

  private PluginHost start(Duration toEnrol, Duration toHealthy) throws Exception {
    return home.bareHost()
        .startLimits(toEnrol, toHealthy)
        .registryLimits(new RegistryLimits(1, 1, /* registrationsInTotal= */ 1, 1, 1))
        .plugin(
            Plugin.named("base")
                .version("1.0.0")
                .provides(OtherGrpc.SERVICE_NAME, context -> new LifePlugin.Quiet())
                .build())
        .start();
  }

  private CompletableFuture<String> add(PluginHost host, String name) throws Exception {
    PluginDefinition late = PluginDefinition.load(home.plugins().resolve(name));
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            host.add(late);
            return "added";
          } catch (PluginChangeException e) {
            return String.valueOf(e.getMessage());
          }
        });
  }

  private static String failure(CompletableFuture<String> adding)
      throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
    return adding.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  /** Row: LC-10. */
  @Test
  void add_neverEnrols_leavesWhatThereWas() throws Exception {
    home.shell("mute", "exec sleep 600");
    Files.createDirectories(home.run());
    try (PluginHost host = start(TOO_LONG, SOON)) {
      Belongings before = Belongings.of(home, host, BASE);

      assertThat(failure(add(host, "mute"))).startsWith("plugin mute: did not enrol");

      before.awaitIn(home, host, BASE);
    }
  }

  /** Row: LC-10. */
  @Test
  void add_neverHealthyOrNoRoom_leavesWhatThereWas() throws Exception {
    home.java("stuck", Behaviour.STUCK, EchoGrpc.SERVICE_NAME);
    home.java("more", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = start(SOON, TOO_LONG)) {
      Belongings before = Belongings.of(home, host, BASE);

      CompletableFuture<String> stuck = add(host, "stuck");
      CompletableFuture<String> more = add(host, "more");

      assertThat(failure(stuck)).startsWith("plugin stuck: did not become healthy");
      assertThat(failure(more)).contains("plugin more");
      before.awaitIn(home, host, BASE);
    }
  }
}
