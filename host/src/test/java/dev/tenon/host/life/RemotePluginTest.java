package dev.tenon.host.life;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import acme.greeter.v1.GreetRequest;
import acme.greeter.v1.GreetResponse;
import acme.greeter.v1.GreeterGrpc;
import com.google.protobuf.ByteString;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.launch.Isolation;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins that the host does not start. */
class RemotePluginTest {
  private static final String ANY_PORT = "tcp:127.0.0.1:0";
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("hello")).build();

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    Files.createDirectory(
        home.root().resolve("private"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private Path bootstrap() {
    return home.root().resolve("private/echo.json");
  }

  private void remoteEcho() throws IOException {
    home.provides("echo", EchoGrpc.SERVICE_NAME);
    int port;
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    Files.writeString(
        Files.createDirectories(home.plugins().resolve("echo")).resolve("plugin.toml"),
        """
        name = "echo"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s"
        listen = "tcp:127.0.0.1:%d"
        """
            .formatted(bootstrap(), port));
  }

  private HostBuilder onTcp() throws Exception {
    return home.host().enrolListen(ANY_PORT).controlListen(ANY_PORT).dataListen(ANY_PORT);
  }

  /** Starts the plugin as an operator would, elsewhere. */
  private Process startEcho() throws IOException {
    ProcessBuilder builder =
        ChildJvm.running(
            ModePlugins.class, List.of("echo"), "-Xmx64m", "-Dtest.home=" + home.root());
    builder.environment().put("TENON_BOOTSTRAP", "file:" + bootstrap());
    return builder.redirectErrorStream(true).redirectOutput(output().toFile()).start();
  }

  private Path output() {
    return home.root().resolve("output");
  }

  private ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(50));
  }

  private static PluginStatus echo(PluginHost host) {
    return host.plugins().stream()
        .filter(plugin -> plugin.name().value().equals("echo"))
        .findFirst()
        .orElseThrow();
  }

  /**
   * A plugin that comes by itself, one that the host launches, and one inside it call each other,
   * over TCP and mTLS where there is a wire.
   *
   * <p>Row: LC-29
   */
  @Test
  void start_remoteLaunchedAndInProcess_callEachOther() throws Exception {
    remoteEcho();
    home.program("caller", ModePlugins.class, "caller")
        .provides("caller", OtherGrpc.SERVICE_NAME)
        .calls("caller", EchoGrpc.SERVICE_NAME);
    home.calls("inside", OtherGrpc.SERVICE_NAME).calls("inside", EchoGrpc.SERVICE_NAME);
    home.provides("inside", GreeterGrpc.SERVICE_NAME).calls("caller", GreeterGrpc.SERVICE_NAME);
    Process process;
    try (PluginHost host = onTcp().plugin(inside()).start()) {
      assertThat(echo(host).state()).isEqualTo(new PluginState.Starting());
      assertThat(echo(host).isolation()).isEqualTo(Isolation.REMOTE);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bootstrap())))
          .isEqualTo("rw-------");

      process = startEcho();
      soon().until(() -> echo(host).state().equals(new PluginState.Healthy()));
      EchoResponse direct = host.client(EchoGrpc::newBlockingStub).unary(REQUEST);
      EchoResponse through = host.client(OtherGrpc::newBlockingStub).unary(REQUEST);
      assertThat(direct.getCaller()).isEqualTo("host");
      assertThat(through.getCaller()).isEqualTo("caller");
      GreetResponse inner =
          host.client(GreeterGrpc::newBlockingStub).greet(GreetRequest.getDefaultInstance());
      assertThat(inner.getText()).isEqualTo("echo sees inside, caller passes hello");
    }
    assertThat(bootstrap()).doesNotExist();
    assertThat(process.isAlive()).as(Files.readString(output())).isTrue();
    process.destroy(); // whoever started it ends it
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  /** A plugin inside the host that calls the one that is launched and the one that is remote. */
  private static Plugin inside() {
    return Plugin.named("inside")
        .canUse(EchoGrpc.SERVICE_NAME, "")
        .canUse(OtherGrpc.SERVICE_NAME, "")
        .provides(
            GreeterGrpc.SERVICE_NAME,
            context ->
                new Greeter(
                    context.client(EchoGrpc::newBlockingStub),
                    context.client(OtherGrpc::newBlockingStub)))
        .build();
  }

  /** Says what its calls of the others bring. */
  private static final class Greeter extends GreeterGrpc.GreeterImplBase {
    private final EchoGrpc.EchoBlockingStub echo;
    private final OtherGrpc.OtherBlockingStub other;

    Greeter(EchoGrpc.EchoBlockingStub echo, OtherGrpc.OtherBlockingStub other) {
      this.echo = echo;
      this.other = other;
    }

    @Override
    public void greet(GreetRequest request, StreamObserver<GreetResponse> response) {
      String caller = echo.unary(REQUEST).getCaller();
      String passed = other.unary(REQUEST).getPayload().toStringUtf8();
      response.onNext(
          GreetResponse.newBuilder()
              .setText("echo sees " + caller + ", caller passes " + passed)
              .build());
      response.onCompleted();
    }
  }

  /**
   * When its connection is gone the run ends with all that it registered; a new one is offered, and
   * the plugin may come again.
   *
   * <p>Row: LC-29, RG-9
   */
  @Test
  void connection_gone_runEndsAndANewOneIsOffered() throws Exception {
    remoteEcho();

    Process second;
    try (PluginHost host = onTcp().start()) {
      String firstFile = Files.readString(bootstrap());
      Process first = startEcho();
      soon().until(() -> echo(host).state().equals(new PluginState.Healthy()));
      String firstRun = echo(host).runtimeId().value();
      soon().until(() -> !Files.exists(bootstrap())); // whoever is started now finds no spent token
      first.destroyForcibly();
      assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();

      soon().until(() -> echo(host).services().isEmpty());
      soon().until(() -> !echo(host).runtimeId().value().equals(firstRun));
      soon().until(() -> Files.exists(bootstrap())); // The run is listed before its offer is there.
      assertThat(Files.readString(bootstrap())).isNotEqualTo(firstFile);
      second = startEcho();
      soon().until(() -> echo(host).state().equals(new PluginState.Healthy()));
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST).getPayload())
          .isEqualTo(REQUEST.getPayload());
    }
    second.destroy();
    assertThat(second.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  /** The offer is good whenever the plugin comes: the token is replaced before it expires. */
  @Test
  void offer_tokenGetsOld_fileHasANewOne() throws Exception {
    remoteEcho();
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());

    try (PluginHost host = onTcp().clock(now::get).start()) {
      String first = Files.readString(bootstrap());
      now.updateAndGet(time -> time.plusSeconds(21));
      soon().until(() -> !Files.readString(bootstrap()).equals(first));

      assertThat(Files.readString(bootstrap(), UTF_8))
          .contains(echo(host).runtimeId().value())
          .endsWith("\n");
      assertThat(bootstrap().getParent()).isDirectoryContaining(bootstrap()::equals);
    }
  }

  @Test
  void start_planeOnUnixSocket_namesPluginAndPlane() throws Exception {
    remoteEcho();

    assertThatThrownBy(() -> home.host().enrolListen(ANY_PORT).dataListen(ANY_PORT).start())
        .isInstanceOf(HostStartException.class)
        .hasMessageStartingWith("plugin echo: launch = \"remote\", and control listens on unix:")
        .hasMessageEndingWith("(expected: [control] listen = \"tcp:ADDRESS:PORT\")");
  }

  @Test
  void start_folderOpenToOthers_isRefused() throws Exception {
    remoteEcho();
    Files.setPosixFilePermissions(
        bootstrap().getParent(), PosixFilePermissions.fromString("rwxr-x---"));

    assertThatThrownBy(() -> onTcp().start())
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("its folder is open to others (expected: mode 0700");
    assertThat(bootstrap()).doesNotExist();
  }

  @Test
  void start_keysOfOtherKinds_areRefused() throws Exception {
    remoteEcho();
    home.also("echo", "command = [\"program\"]", "instances = 2", "sha256 = \"00\"");

    assertThatThrownBy(() -> onTcp().start())
        .hasMessageContaining("command: got an unknown key")
        .hasMessageContaining("sha256: got an unknown key")
        .hasMessageContaining(
            "launch: got remote (expected: without instances, start and restart)");
  }
}
