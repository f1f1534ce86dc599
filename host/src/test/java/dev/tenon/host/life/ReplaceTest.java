package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.AllKindsLoad;
import dev.tenon.host.FinishingEcho;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins that take each other's place while they are called. */
class ReplaceTest {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final Duration CALLS = Duration.ofMinutes(2);
  private static final PluginName ECHO = new PluginName("echo");
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  /** How often the plugin is replaced: 20 times; in profile soak, 200. */
  private static final int SWAPS = Integer.getInteger("tenon.swaps", 20);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static PluginDefinition version(int number) {
    return InJvm.of(
        Plugin.named("echo")
            .version("1.0." + number)
            .provides(EchoGrpc.SERVICE_NAME, context -> new FinishingEcho())
            .build());
  }

  private static RuntimeId run(PluginHost host) {
    return host.plugins().get(0).runtimeId();
  }

  /**
   * Version after version, over mTLS, under calls of all kinds of two callers: none of them fails,
   * and each version has calls of its own.
   *
   * <p>Row: RT-25, LC-12
   */
  @Test
  void replace_againAndAgainUnderLoad_noCallFails() throws Exception {
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.bareHost().plugin(version(0)).start()) {
      AtomicReference<Channel> channel = new AtomicReference<>();
      var unused =
          host.client(
              through -> {
                channel.set(through);
                return EchoGrpc.newBlockingStub(through);
              });
      List<AllKindsLoad> loads =
          List.of(AllKindsLoad.on(channel.get()), AllKindsLoad.on(channel.get()));
      List<RuntimeId> runs = new ArrayList<>();
      for (int swap = 1; swap <= SWAPS; swap++) {
        runs.add(run(host));
        host.replace(version(swap), CALLS);
        assertThat(host.plugins()).hasSize(1);
        assertThat(host.registrations().get(0).version()).hasToString("1.0." + swap);
        loads.forEach(AllKindsLoad::awaitRound);
      }
      for (AllKindsLoad load : loads) {
        load.stop();
        assertThat(load.failures()).isEmpty();
      }
      assertThat(runs).doesNotHaveDuplicates();
      assertThat(host.calls()).allSatisfy(count -> assertThat(count.failed()).isZero());
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Healthy());
    }
  }

  private PluginDefinition processes(String folder, String name) throws Exception {
    PluginDefinition read = PluginDefinition.load(home.plugins().resolve(folder));
    return new PluginDefinition(new PluginName(name), read.version(), read.runtime());
  }

  /**
   * Processes, of an exclusive service: the new one takes it over from its predecessor, on record
   * with both ids; the old process is gone.
   *
   * <p>Row: RT-25, RG-6
   */
  @Test
  void replace_exclusiveProcess_takesOverFromItsPredecessor() throws Exception {
    home.java("echo", Behaviour.ECHO).exclusive("echo", EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      RuntimeId before = run(host);
      long oldPid = host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid();

      host.replace(processes("echo", "echo"), CALLS);

      RuntimeId after = run(host);
      assertThat(after).isNotEqualTo(before);
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid())
          .isNotEqualTo(oldPid);
      assertThat(ProcessTable.isRunning(oldPid)).isFalse();
      assertThat(ProcessTable.zombies()).isEmpty();
      assertThat(Files.readAllLines(home.root().resolve("state/audit.jsonl")))
          .filteredOn(line -> line.contains("\"action\":\"replace\""))
          .singleElement()
          .satisfies(
              line -> assertThat(line).contains(before.value(), after.value(), "\"reason\""));
      assertThatThrownBy(() -> host.revoke(before)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /**
   * The new one never gets there: the old one serves on, and nothing else is left. Row: LC-12.
   *
   * <p>Attack: L24.
   */
  @Test
  void replace_newOneFails_oldOneServesOn() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.shell("bad", "echo no such database; exit 3");
    try (PluginHost host = home.bareHost().plugin(processes("echo", "echo")).start()) {
      RuntimeId before = run(host);

      assertThatThrownBy(() -> host.replace(processes("bad", "echo"), CALLS))
          .isInstanceOf(PluginChangeException.class)
          .hasMessageStartingWith("plugin echo ended with status 3 (expected: to enrol)")
          .hasMessageEndingWith("no such database");

      assertThat(run(host)).isEqualTo(before);
      assertThat(host.plugins()).hasSize(1);
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Healthy());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
      host.replace(processes("echo", "echo"), CALLS);
      assertThat(run(host)).isNotEqualTo(before);
    }
  }

  /** What took over is kept like any other plugin. */
  @Test
  void replace_newOneCrashesLater_isRestarted() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    RestartPolicy atOnce =
        new RestartPolicy(5, Duration.ofMillis(1), Duration.ofMillis(20), Duration.ofHours(1));
    try (PluginHost host = home.host().restart(atOnce).start()) {
      host.replace(processes("echo", "echo"), CALLS);
      RuntimeId replaced = run(host);

      ProcessHandle.of(host.plugins().get(0).pid().getAsLong()).orElseThrow().destroyForcibly();

      await()
          .atMost(SOON)
          .until(
              () ->
                  !run(host).equals(replaced)
                      && host.plugins().get(0).state() instanceof PluginState.Healthy);
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
    }
  }

  @Test
  void replace_unknown_isRefused() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      assertThatThrownBy(() -> host.replace(processes("echo", "nobody"), CALLS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("plugin: nobody (expected: one of this host's)");
      assertThatThrownBy(() -> host.replace(processes("echo", "echo"), Duration.ofSeconds(-1)))
          .hasMessage("calls: PT-1S (expected: >= 0)");
    }
  }
}
