package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.tenon.core.PluginState;
import dev.tenon.host.HookedAuditLog;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A plugin in a process of its own, elsewhere, whose connections are cut after the host has acted
 * and before the answer is there.
 */
@Timeout(300)
class LostReplyTest {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private TestHome home;
  private Path offered;
  private Path brought;
  private HookedAuditLog audit;
  private PluginHost host;
  private CuttingProxy enrol;
  private CuttingProxy control;
  private Process process;

  @BeforeEach
  void start() throws Exception {
    home = TestHome.create();
    Path secret = home.root().resolve("private");
    Files.createDirectory(
        secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    offered = secret.resolve("echo.json");
    brought = secret.resolve("brought.json");
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    Files.writeString(
        Files.createDirectories(home.plugins().resolve("echo")).resolve("plugin.toml"),
        """
        name = "echo"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s"
        listen = "tcp:127.0.0.1:%d"
        """
            .formatted(offered, freePort()));
    HostBuilder builder =
        home.host()
            .enrolListen(ANY_PORT)
            .controlListen(ANY_PORT)
            .dataListen(ANY_PORT)
            .startLimits(/* toEnrol= */ Duration.ofSeconds(1), PATIENCE);
    Supplier<HookedAuditLog> log = HookedAuditLog.before(builder);
    host = builder.start();
    audit = log.get();
    Bootstrap first = Bootstrap.parse(document());
    enrol = new CuttingProxy(((Endpoint.Tcp) first.enrol()).port());
    control = new CuttingProxy(((Endpoint.Tcp) first.control()).port());
  }

  @AfterEach
  void close() throws Exception {
    host.close();
    if (process != null) {
      process.destroyForcibly().waitFor(60, TimeUnit.SECONDS);
    }
    enrol.close();
    control.close();
    home.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private byte[] document() throws IOException {
    return Files.readString(offered).strip().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  /** Brings what the host offers to where the plugin is, which reaches the host by the proxies. */
  private void bring() {
    try {
      Bootstrap line = Bootstrap.parse(document());
      Bootstrap by =
          new Bootstrap(
              line.plugin(),
              line.runtimeId(),
              new Endpoint.Tcp("127.0.0.1", enrol.port()),
              new Endpoint.Tcp("127.0.0.1", control.port()),
              line.data(),
              line.serverName(),
              line.hostId(),
              line.trustBundle(),
              line.enrolmentToken(),
              line.expires(),
              line.listen());
      Path next = brought.resolveSibling("next.json");
      Files.deleteIfExists(next);
      Files.createFile(
          next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(next, by.toJsonLine());
      Files.move(next, brought, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // Taken back: it was used.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void startEcho() throws IOException {
    ProcessBuilder builder =
        ChildJvm.running(
            ModePlugins.class, List.of("echo"), "-Xmx64m", "-Dtest.home=" + home.root());
    builder.environment().put("TENON_BOOTSTRAP", "file:" + brought);
    process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(home.root().resolve("output").toFile())
            .start();
  }

  private ConditionFactory soon() {
    return Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50));
  }

  private PluginStatus echo() {
    return host.plugins().get(0);
  }

  private void assertServes() {
    EchoRequest request =
        EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("hello")).build();
    soon()
        .ignoreExceptions()
        .until(
            () ->
                host.client(EchoGrpc::newBlockingStub)
                    .unary(request)
                    .getPayload()
                    .equals(request.getPayload()));
  }

  private List<String> successes(String event) {
    return audit.successes(event);
  }

  /**
   * The answers to its enrolment and to its registration are lost, one after the other: it is the
   * same run in the same process, registered once, and serves.
   *
   * <p>Row: HS-15, HS-27.
   */
  @Test
  void answersLost_processKeepsItsPlace() throws Exception {
    audit.onceEach(Map.of("enrol", enrol::cut, "register", control::cut));
    String run = echo().runtimeId().value();
    bring();
    startEcho();
    soon()
        .until(
            () -> {
              bring();
              return echo().state().equals(new PluginState.Healthy());
            });
    assertThat(successes("enrolment")).containsExactly("enrol", "re-enrol");
    assertServes();
    soon().until(() -> host.registrations().size() == 1);
    assertThat(echo().runtimeId().value()).isEqualTo(run);
    assertThat(echo().state()).isEqualTo(new PluginState.Healthy());
    assertThat(process.isAlive()).as(Files.readString(home.root().resolve("output"))).isTrue();
    assertThat(offered).doesNotExist();
  }
}
