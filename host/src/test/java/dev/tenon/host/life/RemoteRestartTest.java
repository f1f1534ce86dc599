package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.PluginState;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Plugins that live on while their host is started anew. */
@Timeout(300)
class RemoteRestartTest {
  /** Below the ports that systems hand out, so that none is taken while the host is away. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS = 10_000;
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("hello")).build();

  private final List<Process> processes = new ArrayList<>();
  private final List<String> planes = new ArrayList<>();
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    Files.createDirectory(
        home.root().resolve("private"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (int plane = 0; plane < 3; plane++) {
      planes.add("tcp:127.0.0.1:" + port());
    }
    Files.write(home.root().resolve("listen"), planes);
    remote("echo", EchoGrpc.SERVICE_NAME);
    remote("caller", OtherGrpc.SERVICE_NAME);
    home.calls("caller", EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void end() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    home.close();
  }

  static int port() throws IOException {
    for (int attempt = 0; attempt < 100; attempt++) {
      int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException e) {
        // Somebody has it.
      }
    }
    throw new IOException("no free port");
  }

  private Path bootstrap(String plugin) {
    return home.root().resolve("private/" + plugin + ".json");
  }

  private void remote(String plugin, String service) throws IOException {
    home.provides(plugin, service);
    Files.writeString(
        Files.createDirectories(home.plugins().resolve(plugin)).resolve("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s"
        listen = "tcp:127.0.0.1:%d"
        """
            .formatted(plugin, bootstrap(plugin), port()));
  }

  private PluginHost host() throws Exception {
    return home.host()
        .enrolListen(planes.get(0))
        .controlListen(planes.get(1))
        .dataListen(planes.get(2))
        .start();
  }

  private void startPlugins() throws IOException {
    for (String plugin : List.of("echo", "caller")) {
      soon().until(() -> Files.exists(bootstrap(plugin)));
      ProcessBuilder builder =
          ChildJvm.running(
              ModePlugins.class, List.of(plugin), "-Xmx64m", "-Dtest.home=" + home.root());
      builder.environment().put("TENON_BOOTSTRAP", "file:" + bootstrap(plugin));
      processes.add(
          builder
              .redirectErrorStream(true)
              .redirectOutput(home.root().resolve("output-" + plugin).toFile())
              .start());
    }
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(50));
  }

  private static void awaitHealthy(PluginHost host) {
    soon()
        .until(
            () ->
                host.plugins().stream()
                    .allMatch(plugin -> plugin.state().equals(new PluginState.Healthy())));
  }

  private static List<String> runs(PluginHost host) {
    return host.plugins().stream().map(PluginStatus::runtimeId).map(Object::toString).toList();
  }

  /** Calls one plugin from the host, and has it call the other by the way of the host. */
  private void assertInService(PluginHost host) throws IOException {
    awaitHealthy(host);
    String output = Files.readString(home.root().resolve("output-caller"));
    assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getCaller())
        .as(output)
        .isEqualTo("host");
    assertThat(host.client(OtherGrpc::newBlockingStub).unary(REQUEST).getCaller())
        .as(output)
        .isEqualTo("caller");
    assertThat(processes).as(output).hasSize(2).allMatch(Process::isAlive);
  }

  /**
   * The host is killed, and another takes its place; that one ends in good order, and is started
   * again. Each time the plugins are back in service, as new runs in the same processes.
   *
   * <p>Row: LC-28
   */
  @Test
  void restart_hostKilledThenClosed_samePluginProcessesServeAgain() throws Exception {
    try (HostProgram first = HostProgram.start(home, Map.of())) {
      first.awaitPlugins();
      startPlugins();
      first.awaitHealthy();
      first.kill();
    }

    List<String> runs;
    try (PluginHost second = host()) {
      assertInService(second);
      runs = runs(second);
    }
    assertThat(bootstrap("echo")).doesNotExist();
    assertThat(processes).allMatch(Process::isAlive);

    try (PluginHost third = host()) {
      assertInService(third);
      assertThat(runs(third)).doesNotContainAnyElementsOf(runs);
    }
  }
}
