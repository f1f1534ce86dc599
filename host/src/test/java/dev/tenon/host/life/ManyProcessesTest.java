package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many processes, in each mode: none outlives a killed host, and none that came and went leaves
 * anything. The long forms are run with {@code -Dtenon.orphans=50} and {@code -Dtenon.cycles=2000}.
 */
class ManyProcessesTest {
  private static final int PLUGINS = Integer.getInteger("tenon.orphans", 4);
  private static final int CYCLES = Integer.getInteger("tenon.cycles", 5);

  /** More than a host needs; the measured time is printed. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int UID =
      800_000_000 + (int) (ProcessHandle.current().pid() % 100_000) * 1000;

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static void require(String isolation) throws Exception {
    if (!isolation.equals("shared-uid")) {
      Machine.requireRoot();
    }
    if (isolation.equals("sandbox")) {
      Machine.requireSandbox();
    }
  }

  private void add(String plugin, String isolation, int uid, String script) throws IOException {
    home.shell(plugin, script);
    if (!isolation.equals("shared-uid")) {
      home.isolate(plugin, isolation, "uid = " + uid);
    }
  }

  /**
   * Programs that know nothing of Tenon, and never look at their standard input, end when their
   * host is killed: the kernel sees to it.
   *
   * <p>Row: LC-21, DP-9. Attack: L13.
   */
  @ParameterizedTest
  @ValueSource(strings = {"shared-uid", "own-uid", "sandbox"})
  void hostKilled_programsThatIgnoreStdin_areGone(String isolation) throws Exception {
    require(isolation);
    for (int plugin = 0; plugin < PLUGINS; plugin++) {
      add("p" + plugin, isolation, UID + plugin, "exec tail -f \"$0\"");
    }
    try (HostProgram host = HostProgram.start(home, Map.of())) {
      // Each program's path is in its arguments; the host's has the home's alone.
      Awaitility.await()
          .atMost(PATIENCE.multipliedBy(5))
          .until(() -> ProcessTable.mentioning(home.plugins()).size() >= PLUGINS);

      long start = System.nanoTime();
      host.kill();
      Awaitility.await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> ProcessTable.mentioning(home.plugins()).isEmpty());
      System.out.printf(
          "%d programs in %s gone %d ms after SIGKILL of their host%n",
          PLUGINS, isolation, Duration.ofNanos(System.nanoTime() - start).toMillis());
    }
  }

  /**
   * Programs that are started and killed, over and over: no zombie, no open file, no thread, no
   * socket and no directory is left of any of them.
   *
   * <p>Row: LC-20. Attack: L21.
   */
  @ParameterizedTest
  @ValueSource(strings = {"shared-uid", "own-uid", "sandbox"})
  void spawnAndKill_overAndOver_leavesNothing(String isolation) throws Exception {
    require(isolation);
    add("tool", isolation, UID, "kill -KILL $$");
    PluginDefinition tool = PluginDefinition.load(home.plugins().resolve("tool"));
    try (PluginHost host = home.bareHost().restart(RestartPolicy.NEVER).start()) {
      addInVain(host, tool);
      addInVain(host, tool);
      Set<Thread> threads = HostRemains.threads();
      Awaitility.await().atMost(PATIENCE).until(() -> directories() == 0);
      long channels = HostRemains.channels();
      int files = HostRemains.files(home).size();

      for (int cycle = 0; cycle < CYCLES; cycle++) {
        addInVain(host, tool);
      }

      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(directories()).isZero();
                assertThat(HostRemains.channels()).isLessThanOrEqualTo(channels);
                assertThat(HostRemains.files(home)).hasSizeLessThanOrEqualTo(files);
              });
      assertThat(host.plugins()).isEmpty();
      assertThat(ProcessTable.mentioning(home.plugins())).isEmpty();
      assertThat(ProcessTable.zombies()).isEmpty();
      HostRemains.awaitNone(threads);
    }
    assertThat(ProcessTable.mentioning(home.root())).isEmpty();
  }

  private static void addInVain(PluginHost host, PluginDefinition tool) {
    assertThatThrownBy(() -> host.add(tool))
        .isInstanceOf(PluginChangeException.class)
        .hasMessageContaining("ended with status");
  }

  private long directories() throws IOException {
    try (Stream<Path> all = Files.walk(home.run(), 3)) {
      return all.filter(path -> path.getParent().endsWith("p")).count();
    }
  }
}
