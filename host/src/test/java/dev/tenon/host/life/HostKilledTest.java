package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host that ends without a word: SIGKILL, as by the OOM killer. */
class HostKilledTest {
  /** How many hosts are killed; more with {@code -Dtenon.rounds}. */
  private static final int ROUNDS = Integer.getInteger("tenon.rounds", 3);

  private static final Duration MOST = Duration.ofSeconds(2);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.java("one", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.java("two", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.java("wild", Behaviour.STUBBORN, OtherGrpc.SERVICE_NAME, EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * Every plugin process is gone within 2 s of the kill, also one that does not end on SIGTERM; and
   * the next host sweeps the sockets that the killed one left.
   *
   * <p>Row: LC-21
   */
  @Test
  void hostKilled_pluginsGoneWithinTwoSeconds() throws IOException {
    List<Long> millis = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      try (HostProgram host = HostProgram.start(home, Map.of())) {
        List<Long> plugins = host.awaitPlugins();
        assertThat(plugins).hasSize(3).allMatch(ProcessTable::isRunning);
        assertThat(runDirectories()).as("of this host alone").hasSize(1);
        millis.add(kill(host, plugins));
      }
    }
    System.out.println("plugins gone after SIGKILL of their host, ms: " + millis);
    assertThat(millis).allMatch(taken -> taken <= MOST.toMillis());
  }

  private static long kill(HostProgram host, List<Long> plugins) {
    long start = System.nanoTime();
    host.kill();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> plugins.stream().noneMatch(ProcessTable::isRunning));
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  private List<Path> runDirectories() throws IOException {
    List<Path> directories = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(home.run(), "h-*")) {
      entries.forEach(directories::add);
    }
    return directories;
  }

  /**
   * Nothing that another user could read of a process carries a token or a key.
   *
   * <p>Row: SL-1
   */
  @Test
  void hostRunning_argumentsAndEnvironmentsWithoutSecrets() throws IOException {
    try (HostProgram host = HostProgram.start(home, Map.of())) {
      List<Long> pids = Stream.concat(Stream.of(host.pid()), host.awaitPlugins().stream()).toList();
      for (long pid : pids) {
        assertThat(ProcessTable.read(pid, "cmdline")).contains("dev.tenon.host.life");
        assertThat(ProcessTable.read(pid, "cmdline") + ProcessTable.read(pid, "environ"))
            .doesNotContain("tne_", "tnr_", "tng_", "PRIVATE KEY", "enrolment_token");
      }
    }
  }
}
