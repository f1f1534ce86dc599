package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.PluginEvent;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins that crash and are started again: real processes. */
class RestartTest {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final PluginName ECHO = new PluginName("echo");
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  /** As the usual one, without its pauses. */
  private static final RestartPolicy AT_ONCE =
      new RestartPolicy(5, Duration.ofMillis(1), Duration.ofMillis(20), Duration.ofHours(1));

  private final List<PluginEvent> events = new CopyOnWriteArrayList<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private PluginHost start(RestartPolicy policy) throws Exception {
    return home.host().restart(policy).listener(events::add).start();
  }

  private static PluginStatus status(PluginHost host) {
    return host.plugins().stream()
        .filter(plugin -> plugin.name().equals(ECHO))
        .findFirst()
        .orElseThrow();
  }

  private static void kill(PluginHost host) {
    ProcessHandle.of(status(host).pid().getAsLong()).orElseThrow().destroyForcibly();
  }

  private List<String> states() {
    return events.stream()
        .filter(event -> event.plugin().equals(ECHO))
        .map(event -> event.now().label())
        .toList();
  }

  /**
   * A crashed plugin is another run a little later: another id, another process, nothing of the one
   * before; its service is there again, and all of it was told and recorded.
   *
   * <p>Row: LC-5, LC-6
   */
  @Test
  void crash_once_isFollowedByANewRun() throws Exception {
    try (PluginHost host = start(AT_ONCE)) {
      PluginStatus before = status(host);

      kill(host);

      await()
          .atMost(SOON)
          .until(
              () ->
                  !status(host).runtimeId().equals(before.runtimeId())
                      && status(host).state() instanceof PluginState.Healthy);
      PluginStatus after = status(host);
      assertThat(after.pid().getAsLong()).isNotEqualTo(before.pid().getAsLong());
      assertThat(after.services()).hasSize(1);
      assertThat(host.plugins()).hasSize(1);
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Healthy());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPid())
          .isEqualTo(after.pid().getAsLong());
      assertThat(host.registrations())
          .singleElement()
          .satisfies(one -> assertThat(one.provider()).isEqualTo(after.runtimeId()));
      assertThatThrownBy(() -> host.revoke(before.runtimeId()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(directories()).containsExactly(after.runtimeId().value());
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(states())
                      .containsExactly("starting", "healthy", "restarting", "starting", "healthy"));
      assertRecorded(before.runtimeId());
    }
    assertThat(events.get(events.size() - 1).now()).isEqualTo(new PluginState.Stopped());
  }

  private void assertRecorded(RuntimeId before) throws IOException {
    assertThat(Files.readAllLines(home.root().resolve("state/audit.jsonl")))
        .filteredOn(line -> line.contains("\"action\":\"restart\""))
        .singleElement()
        .satisfies(
            line ->
                assertThat(line)
                    .contains(before.value(), "\"attempt\":\"1\"", "ended with status 137"));
  }

  /** Returns the runs that have a directory for their sockets. */
  private List<String> directories() throws IOException {
    try (Stream<Path> hosts = Files.list(home.run())) {
      Path own = hosts.filter(Files::isDirectory).findFirst().orElseThrow().resolve("p");
      try (Stream<Path> runs = Files.list(own)) {
        return runs.map(run -> run.getFileName().toString()).toList();
      }
    }
  }

  /**
   * A plugin that comes up once and then ends at once each time is tried five times, then left;
   * another plugin serves all the while.
   *
   * <p>Row: LC-5, LC-25. Attack: L16.
   */
  @Test
  void crash_again_failsAfterFiveTriesAndHarmsNobody() throws Exception {
    home.java("other", Behaviour.OTHER, OtherGrpc.SERVICE_NAME);
    Path program = home.plugins().resolve("echo/program");
    Path real = Files.copy(program, program.resolveSibling("real"));
    home.shell(
        "echo",
        "echo up >> \"$TEST_HOME/started\"; [ -e \"$TEST_HOME/ruined\" ] && exit 9; exec sh "
            + real);
    try (PluginHost host = start(AT_ONCE)) {
      Files.createFile(home.root().resolve("ruined"));

      kill(host);

      await().atMost(SOON).until(() -> status(host).state() instanceof PluginState.Failed);
      assertThat(status(host).state())
          .isEqualTo(new PluginState.Failed("ended with status 9, after 5 restarts"));
      assertThat(Files.readAllLines(home.root().resolve("started"))).hasSize(6);
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertThat(states()).endsWith("restarting", "starting", "failed"));
      assertThat(states()).filteredOn("restarting"::equals).hasSize(5);
      assertThat(host.client(OtherGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
      assertThatThrownBy(() -> host.client(EchoGrpc::newBlockingStub).unary(REQUEST))
          .isInstanceOf(StatusRuntimeException.class)
          .extracting(failure -> Status.fromThrowable(failure).getCode())
          .isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(directories()).hasSize(1);
      assertThat(ProcessTable.zombies()).isEmpty();
    }
  }

  /** The operator's revocation is the end of the plugin, not the beginning of its next run. */
  @Test
  void revoke_kept_isNotFollowed() throws Exception {
    try (PluginHost host = start(AT_ONCE)) {
      host.revoke(status(host).runtimeId());

      assertThat(status(host).state()).isEqualTo(new PluginState.Failed("was revoked"));
      await().atMost(SOON).untilAsserted(() -> assertThat(states()).endsWith("failed"));
      assertThat(states()).doesNotContain("restarting");
    }
  }

  /** What its {@code plugin.toml} says goes before what the host does. Row: LC-5. */
  @Test
  void crash_restartNever_staysFailed() throws Exception {
    home.also("echo", "restart = \"never\"");
    try (PluginHost host = start(AT_ONCE)) {
      kill(host);

      await().atMost(SOON).until(() -> status(host).state().isEnd());
      assertThat(status(host).state()).isEqualTo(new PluginState.Failed("ended with status 137"));
    }
  }

  /** A host that closes while a plugin waits for its next start does not start it. */
  @Test
  void close_whileRestarting_leavesNothing() throws Exception {
    RestartPolicy slow =
        new RestartPolicy(5, Duration.ofHours(1), Duration.ofHours(2), Duration.ofHours(3));
    try (PluginHost host = start(slow)) {
      kill(host);
      await().atMost(SOON).until(() -> status(host).state() instanceof PluginState.Restarting);
      assertThat(host.states(ECHO))
          .containsExactly(new PluginState.Restarting(1, "ended with status 137"));
      assertThat(status(host).services()).isEmpty();
    }
    assertThat(ProcessTable.mentioning(home.root())).isEmpty();
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(states()).endsWith("restarting", "stopped"));
  }

  /** A lazy plugin is configured until it is called. */
  @Test
  void states_lazyPlugin_configuredUntilItIsCalled() throws Exception {
    home.also("echo", "start = \"lazy\"");
    try (PluginHost host = start(AT_ONCE)) {
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Configured());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
      assertThat(host.states(ECHO)).containsExactly(new PluginState.Healthy());
      assertThatThrownBy(() -> host.states(new PluginName("nobody")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("plugin: nobody (expected: one of this host's)");
    }
  }
}
