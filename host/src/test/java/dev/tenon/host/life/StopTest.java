package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of plugin processes: asked, told, forced. */
class StopTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROUNDS = Integer.getInteger("tenon.rounds", 3);

  private TestHome home;
  private HostLog log;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    log = HostLog.open();
  }

  @AfterEach
  void closeHome() throws IOException {
    log.close();
    home.close();
  }

  /**
   * A plugin that honours the Shutdown call comes back from {@code serve} and is not signalled.
   *
   * <p>Row: LC-13
   */
  @Test
  void close_pluginHonoursShutdown_endsByItself() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);

    home.host().stopGrace(PATIENCE).start().close();

    awaitOutput("echo", "serve returned");
    assertThat(log.lines()).anyMatch(line -> line.matches("plugin echo-\\w+ ended with status 0"));
    assertThat(log.lines()).noneMatch(line -> line.contains("is killed"));
    assertThat(log.of("echo")).anyMatch(line -> line.contains("the host stops the plugin"));
  }

  /**
   * A plugin that goes on after Shutdown and after SIGTERM is killed, a grace period after each.
   *
   * <p>Row: LC-13, LC-20, TE-8
   */
  @Test
  void close_pluginIgnoresShutdownAndSigterm_isKilledAfterGrace() throws Exception {
    home.java("wild", Behaviour.STUBBORN, EchoGrpc.SERVICE_NAME);
    Duration grace = Duration.ofSeconds(2);
    PluginHost host = home.host().stopGrace(grace).start();
    long pid = host.plugins().get(0).pid().getAsLong();

    long start = System.nanoTime();
    host.close();

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(grace.multipliedBy(2));
    assertThat(ProcessTable.isRunning(pid)).isFalse();
    awaitOutput("wild", "serve returned");
    assertThat(log.lines())
        .anyMatch(line -> line.matches("plugin wild-\\w+ is killed: it did not end"))
        .anyMatch(line -> line.matches("plugin wild-\\w+ ended with status 137"));
  }

  /** What a plugin started ends with it, also when the plugin itself ends in good order. */
  @Test
  void close_pluginLeavesChild_childIsKilled() throws Exception {
    home.java("parent", Behaviour.PARENT, EchoGrpc.SERVICE_NAME);
    PluginHost host = home.host().start();
    awaitOutput("parent", "child ");
    assertThat(ProcessTable.mentioning(home.root())).hasSize(2);

    host.close();

    home.awaitNoProcess();
  }

  /**
   * After every stop no process is left, running or unreaped.
   *
   * <p>Row: LC-20, TE-8
   */
  @Test
  void close_overAndOver_leavesNoProcess() throws Exception {
    home.java("one", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    PluginDefinition good = PluginDefinition.load(home.plugins().resolve("one"));
    home.shell("two", "exec cat >/dev/null").describe("two", "0".repeat(64), "program");
    for (int round = 0; round < ROUNDS; round++) {
      assertThatThrownBy(() -> home.host().start()).hasMessageStartingWith("plugin two: command");
      assertNoProcess();
      try (PluginHost host = home.bareHost().plugin(good).start()) {
        assertThat(host.plugins()).hasSize(1);
      }
      assertNoProcess();
    }
  }

  private void assertNoProcess() {
    assertThat(ProcessTable.mentioning(home.root())).isEmpty();
    assertThat(ProcessTable.zombies()).isEmpty();
  }

  /**
   * The end of its stdin, and nothing else, tells a plugin that its host is gone: here the host's
   * end is closed while its sockets are there and its calls are answered.
   *
   * <p>Row: LC-21
   */
  @Test
  void stdin_ends_pluginEnds() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    Path program = home.plugins().resolve("echo/program");
    Path copy = Files.copy(program, program.resolveSibling("copy"));
    home.shell(
        "echo", "{ head -n 1; until [ -e $TEST_HOME/gate ]; do sleep 0.05; done; } | sh " + copy);
    try (PluginHost host = home.host().restart(RestartPolicy.NEVER).start()) {
      Files.createFile(home.root().resolve("gate"));
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> host.plugins().get(0).state() instanceof PluginState.Failed);
      assertThat(log.of("echo")).anyMatch(line -> line.contains("stdin ended: the host is gone"));
    }
  }

  /** Closing twice, and at the same time, is closing once. */
  @Test
  void close_twice_isOnce() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    PluginHost host = home.host().start();
    host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
    Thread other = new Thread(host::close);
    other.start();
    host.close();
    home.awaitNoProcess();
    other.join();
    host.close();
  }

  private void awaitOutput(String plugin, String text) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> log.of(plugin).stream().anyMatch(line -> line.contains(text)));
  }
}
