package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.audit.AuditVerification;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What befalls a host's process from outside: it is stopped, starved of files, or killed. */
@Timeout(300)
class OperationsAttackTest {
  /** How many starts and stops are killed; more with {@code -Dtenon.kills}. */
  private static final int KILLS = Integer.getInteger("tenon.kills", 1);

  private static final int FLOOD = 60;
  private static final int FILES_LEFT = 20;

  /**
   * How long the host is watched; one that spins uses most of a processor, and logs all the time.
   */
  private static final Duration WATCHED = Duration.ofSeconds(4);

  private static final int LINES_PER_SECOND = 200;

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

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5));
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  private static void signal(String name, long pid) throws Exception {
    run("/bin/sh", "-c", "kill -" + name + " " + pid);
  }

  /**
   * A host that was stopped, as with its machine, and goes on: the provider that died meanwhile
   * gets no call, also not the one that waited since; its successor does.
   *
   * <p>Attack: O2.
   */
  @Test
  void host_stoppedWhileItsProviderDies_callsGoToTheSuccessorAlone() throws Exception {
    try (HostProgram host = HostProgram.start(home, Map.of())) {
      long first = host.awaitPlugins().get(0);
      host.call();
      assertThat(host.called()).isEqualTo(Long.toString(first));
      signal("STOP", host.pid());
      soon().until(() -> ProcessTable.read(host.pid(), "status").contains("State:\tT"));
      signal("KILL", first);
      soon().until(() -> !ProcessTable.isRunning(first));
      host.call();

      signal("CONT", host.pid());

      List<String> outcomes = new ArrayList<>(List.of(host.called()));
      soon()
          .until(
              () -> {
                host.call();
                outcomes.add(host.called());
                return outcomes.get(outcomes.size() - 1).matches("\\d+");
              });
      assertThat(outcomes).doesNotContain(Long.toString(first));
      assertThat(outcomes.subList(0, outcomes.size() - 1))
          .allMatch(outcome -> outcome.equals("UNAVAILABLE") || outcome.matches("\\d+"));
    }
  }

  /**
   * A host without a free file descriptor takes no new connection, does not spin over that, serves
   * and records its calls over those that it has, and takes new ones as soon as it can.
   *
   * <p>Attack: O4.
   */
  @Test
  void host_outOfFiles_servesOnAndTakesConnectionsLater() throws Exception {
    int port = RemoteRestartTest.port();
    Files.write(
        home.root().resolve("listen"),
        List.of("tcp:127.0.0.1:" + port, "tcp:127.0.0.1:0", "tcp:127.0.0.1:0"));
    List<Socket> flood = new ArrayList<>();
    try (HostProgram host = HostProgram.start(home, Map.of())) {
      long plugin = host.awaitPlugins().get(0);
      host.awaitHealthy();
      host.call();
      assertThat(host.called()).isEqualTo(Long.toString(plugin));
      soon().until(() -> isTaken(port));
      long most = files(host) + FILES_LEFT;
      run("prlimit", "--pid", "" + host.pid(), "--nofile=" + most + ":" + most);

      for (int i = 0; i < FLOOD; i++) {
        flood.add(new Socket(InetAddress.getLoopbackAddress(), port));
      }
      soon().until(() -> files(host) == most);
      for (int call = 0; call < 10; call++) {
        host.call();
        assertThat(host.called()).isEqualTo(Long.toString(plugin));
      }
      assertDoesNotSpin(host);
      for (Socket socket : flood) {
        socket.close();
      }

      soon().until(() -> isTaken(port));
      assertThat(host.isAlive()).isTrue();
    }
    assertWhole();
  }

  /** After the calls, which a new JVM translates, a host that waits has next to nothing to do. */
  private void assertDoesNotSpin(HostProgram host) throws IOException {
    Path errors = home.root().resolve("host-err");
    int linesBefore = Files.readAllLines(errors).size();
    long before = cpuTicks(host);
    long begin = System.nanoTime();
    soon().until(() -> System.nanoTime() - begin > WATCHED.toNanos());
    double used = (cpuTicks(host) - before) / 100.0;
    double seconds = (System.nanoTime() - begin) / 1e9;
    int lines = Files.readAllLines(errors).size() - linesBefore;
    assertThat(used).as("seconds of a processor in %s", seconds).isLessThan(seconds * 0.7);
    assertThat((double) lines).as("lines in %s s", seconds).isLessThan(seconds * LINES_PER_SECOND);
  }

  /** Sends what is no TLS; a host that has taken the connection ends it. */
  private static boolean isTaken(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      while (socket.getInputStream().read() >= 0) {
        // An alert.
      }
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  private static long files(HostProgram host) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + host.pid() + "/fd"))) {
      return files.count();
    }
  }

  /** Returns what the host has used of the processors, in hundredths of a second (proc(5)). */
  private static long cpuTicks(HostProgram host) {
    String stat = ProcessTable.read(host.pid(), "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /**
   * A host without memory ends, as docs/operations.md lets it, rather than to go on with half of
   * its threads: its plugin ends with it, and the log is whole.
   *
   * <p>Attack: O3.
   */
  @Test
  void host_outOfMemory_endsWithItsPluginsAndAWholeLog() throws Exception {
    try (HostProgram host = HostProgram.start(home, Map.of(), "-XX:+ExitOnOutOfMemoryError")) {
      long plugin = host.awaitPlugins().get(0);
      host.call();
      assertThat(host.called()).isEqualTo(Long.toString(plugin));

      assertThat(host.starve()).isEqualTo(3);

      soon().until(() -> !ProcessTable.isRunning(plugin));
    }
    assertWhole();
  }

  /**
   * A host that is killed while it starts its plugins, and while it stops them, leaves nothing that
   * keeps the next one from its place: the same host, one process of each plugin, a whole log.
   *
   * <p>Attack: O8.
   */
  @Test
  void host_killedInItsStartAndItsStop_theNextOneConverges() throws Exception {
    String id = "";
    for (int kill = 0; kill < KILLS; kill++) {
      try (HostProgram starting = HostProgram.start(home, Map.of())) {
        soon().until(() -> ProcessTable.mentioning(home.root()).size() > 1);
        starting.kill();
      }
      try (HostProgram stopping = HostProgram.start(home, Map.of())) {
        long plugin = stopping.awaitPlugins().get(0);
        id = Files.readString(home.root().resolve("state/host-id"));
        stopping.end();
        soon().until(() -> audit().contains("\"stop\"") || !ProcessTable.isRunning(plugin));
        stopping.kill();
      }
    }

    try (HostProgram last = HostProgram.start(home, Map.of())) {
      List<Long> plugins = last.awaitPlugins();
      last.call();
      assertThat(last.called()).isEqualTo(plugins.get(0).toString());
      soon()
          .untilAsserted(
              () ->
                  assertThat(ProcessTable.mentioning(home.root()))
                      .containsExactlyInAnyOrder(last.pid(), plugins.get(0)));
      assertThat(Files.readString(home.root().resolve("state/host-id"))).isEqualTo(id);
      try (Stream<Path> runs = Files.list(home.run())) {
        assertThat(runs).hasSize(1);
      }
    }
    assertWhole();
  }

  private String audit() throws IOException {
    return Files.readString(home.root().resolve("state/audit.jsonl"));
  }

  private void assertWhole() throws IOException {
    assertThat(AuditVerification.verify(home.root().resolve("state/audit.jsonl")))
        .isInstanceOf(AuditVerification.Whole.class);
  }
}
