package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins under users of their own and in sandboxes, as real processes over mTLS. */
class IsolationTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Users that no machine has, one range for each JVM that runs tests at the same time. */
  private static final int UID =
      600_000_000 + (int) (ProcessHandle.current().pid() % 1_000_000) * 8;

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

  private void add(String plugin, String isolation, int uid, String... services)
      throws IOException {
    Behaviour behaviour =
        services[0].equals(EchoGrpc.SERVICE_NAME) ? Behaviour.ECHO : Behaviour.OTHER;
    home.java(plugin, behaviour, services);
    home.isolate(plugin, isolation, "uid = " + uid);
    if (isolation.equals("sandbox")) {
      home.also(plugin, "[sandbox]", "read_only = [\"" + ChildJvm.folder() + "\"]");
    }
  }

  /** Returns one line of a process's status; of its only descendant in a sandbox. */
  private static String status(long pid, String key) {
    return ProcessTable.read(pid, "status")
        .lines()
        .filter(line -> line.startsWith(key + ":"))
        .map(line -> line.substring(key.length() + 1).strip().replaceAll("\\s+", " "))
        .findFirst()
        .orElse("");
  }

  private static PluginStatus only(PluginHost host) {
    assertThat(host.plugins()).hasSize(1);
    return host.plugins().get(0);
  }

  private static void assertServes(PluginHost host) {
    assertThat(
            host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance()).getPid())
        .isPositive();
  }

  private static List<Long> ofUser(int uid) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .map(path -> path.getFileName().toString())
          .filter(name -> name.matches("[0-9]+"))
          .map(Long::valueOf)
          .filter(pid -> status(pid, "Uid").startsWith(uid + " ") && ProcessTable.isRunning(pid))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The plugin runs as its user, without privileges, serves, keeps files, and leaves nothing.
   *
   * <p>Row: LC-23
   */
  @Test
  void ownUid_pluginServes_underItsUserWithoutPrivileges() throws Exception {
    Machine.requireRoot();
    add("echo", "own-uid", UID, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      assertServes(host);
      PluginStatus plugin = only(host);
      long pid = plugin.pid().getAsLong();
      assertThat(plugin.isolation()).isEqualTo(Isolation.OWN_UID);
      assertThat(status(pid, "Uid")).isEqualTo((UID + " ").repeat(4).strip());
      assertThat(status(pid, "Gid")).isEqualTo((UID + " ").repeat(4).strip());
      assertThat(status(pid, "Groups")).isEmpty();
      assertThat(status(pid, "NoNewPrivs")).isEqualTo("1");
      assertThat(status(pid, "CapEff") + status(pid, "CapBnd")).matches("0+");
      Path own = directory(plugin);
      assertThat((int) Files.getAttribute(own, "unix:uid")).isEqualTo(UID);
      assertThat((int) Files.getAttribute(own, "unix:mode") & 07777).isEqualTo(0700);
      assertThat((int) Files.getAttribute(own.resolve("s"), "unix:uid")).isEqualTo(UID);
      assertThat((int) Files.getAttribute(home.root().resolve("state/plugins/echo"), "unix:uid"))
          .isEqualTo(UID);
    }
    assertThat(ofUser(UID)).isEmpty();
    assertThat(log.lines()).anyMatch(line -> line.contains("isolation own-uid: under a user"));
  }

  private Path directory(PluginStatus plugin) throws IOException {
    try (Stream<Path> hosts = Files.list(home.run())) {
      Path host =
          hosts
              .filter(path -> path.getFileName().toString().startsWith("h-"))
              .findFirst()
              .orElseThrow();
      return host.resolve("p").resolve(plugin.runtimeId().value());
    }
  }

  /** Its directory goes with the run, whatever the plugin put into it, and no link is followed. */
  @Test
  void ownUid_pluginEnds_itsDirectoryGoesWithAllInIt() throws Exception {
    Machine.requireRoot();
    add("echo", "own-uid", UID, EchoGrpc.SERVICE_NAME);
    Path kept = Files.createDirectory(home.root().resolve("kept"));
    Files.writeString(kept.resolve("file"), "precious");
    try (PluginHost host = home.host().restart(RestartPolicy.NEVER).start()) {
      PluginStatus plugin = only(host);
      Path own = directory(plugin);
      Files.createDirectories(own.resolve("deep/er"));
      Files.createSymbolicLink(own.resolve("deep/link"), kept);
      ProcessHandle.of(plugin.pid().getAsLong()).orElseThrow().destroyForcibly();
      Awaitility.await().atMost(PATIENCE).until(() -> Files.notExists(own));
      assertThat(kept.resolve("file")).hasContent("precious");
    }
  }

  /** What a plugin leaves behind as its user, out of its own tree, ends with it. */
  @Test
  void ownUid_daemonOfPlugin_endsWithIt() throws Exception {
    Machine.requireRoot();
    add("echo", "own-uid", UID, EchoGrpc.SERVICE_NAME);
    Path program = home.plugins().resolve("echo/program");
    String body = Files.readString(program).replace("#!/bin/sh\n", "");
    home.shell("echo", "(setsid sleep 600 >/dev/null 2>&1 </dev/null &)\n" + body);
    home.isolate("echo", "own-uid", "uid = " + UID);
    try (PluginHost host = home.host().start()) {
      assertServes(host);
      assertThat(ofUser(UID)).hasSize(2);
    }
    assertThat(ofUser(UID)).isEmpty();
  }

  /**
   * A user that runs anything else is nobody's to give away. Whoever reads the refusal learns which
   * processes those are, and how to end them if they are what a killed host has left.
   */
  @Test
  void ownUid_userInUse_isRefused() throws Exception {
    Machine.requireRoot();
    home.shell("tool", "cat >/dev/null").isolate("tool", "own-uid", "uid = " + UID);
    Process other =
        new ProcessBuilder("/usr/bin/setpriv", "--reuid=" + UID, "--clear-groups", "sleep", "600")
            .start();
    try {
      Awaitility.await().atMost(PATIENCE).until(() -> !ofUser(UID).isEmpty());
      assertThatThrownBy(() -> home.host().start())
          .isInstanceOf(HostStartException.class)
          .hasMessageStartingWith(
              "plugin tool: uid " + UID + " runs other processes: pid " + other.pid() + " (sleep, ")
          .hasMessageEndingWith("ends with: kill -KILL " + other.pid() + ")");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  /** Two plugins never share a user. */
  @Test
  void ownUid_sameUserTwice_isRefused() throws Exception {
    Machine.requireRoot();
    home.shell("one", "cat >/dev/null").isolate("one", "own-uid", "uid = " + UID);
    home.shell("two", "cat >/dev/null").isolate("two", "own-uid", "uid = " + UID);

    assertThatThrownBy(() -> home.host().start())
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("uid " + UID + " is that of plugin one");
    assertThat(ofUser(UID)).isEmpty();
  }

  /**
   * The plugin sees its own processes, folders and the system's, no network, and ends with the
   * host.
   *
   * <p>Row: LC-24
   */
  @Test
  void sandbox_pluginServes_andSeesOnlyItsOwn() throws Exception {
    Machine.requireRoot();
    Machine.requireSandbox();
    add("echo", "sandbox", UID, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      assertServes(host);
      PluginStatus plugin = only(host);
      assertThat(plugin.isolation()).isEqualTo(Isolation.SANDBOX);
      List<Long> inside = ofUser(UID);
      assertThat(inside).isNotEmpty();
      long pid = inside.get(0);
      assertThat(status(pid, "NoNewPrivs")).isEqualTo("1");
      assertThat(status(pid, "CapEff") + status(pid, "CapBnd")).matches("0+");
      assertThat(status(pid, "NSpid")).matches(pid + " [1-9]");
    }
    assertThat(ofUser(UID)).isEmpty();
    assertThat(log.lines()).anyMatch(line -> line.contains("isolation sandbox: in namespaces"));
  }

  /** A plugin in a sandbox ends in good order when it is asked to. */
  @Test
  void sandbox_hostCloses_pluginEndsByItself() throws Exception {
    Machine.requireRoot();
    Machine.requireSandbox();
    add("echo", "sandbox", UID, EchoGrpc.SERVICE_NAME);
    home.host().stopGrace(PATIENCE).start().close();

    assertThat(log.lines()).anyMatch(line -> line.matches("plugin echo-\\w+ ended with status 0"));
  }

  /** Two that call each other's host, each in its own way, on one host. */
  @Test
  void allModes_onOneHost_serveTogether() throws Exception {
    Machine.requireRoot();
    Machine.requireSandbox();
    add("own", "own-uid", UID, EchoGrpc.SERVICE_NAME);
    add("boxed", "sandbox", UID + 1, OtherGrpc.SERVICE_NAME);
    home.java("shared", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    try (PluginHost host = home.host().start()) {
      assertThat(
              host.plugins().stream()
                  .sorted(Comparator.comparing(plugin -> plugin.name().value()))
                  .map(PluginStatus::isolation))
          .containsExactly(Isolation.SANDBOX, Isolation.OWN_UID, Isolation.SHARED_UID);
      assertServes(host);
    }
  }
}
