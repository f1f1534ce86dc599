package dev.tenon.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.auth.limit.Limited;
import dev.tenon.auth.limit.Rate;
import dev.tenon.auth.limit.Rates;
import dev.tenon.auth.policy.Policy;
import dev.tenon.host.HostLimits;
import dev.tenon.host.PluginHost;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * gRPC's own interoperability cases, each made directly and through a host: client, plugin, host,
 * plugin, server. Writes what came out of it as a page.
 */
final class InteropTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Path LIB = Path.of(requireNonNull(System.getProperty("interop.lib")));
  private static final Path PAGE = Path.of(requireNonNull(System.getProperty("interop.page")));

  /** All cases of the client but those that need credentials of a cloud. */
  private static final List<String> CASES =
      List.of(
          "empty_unary",
          "cacheable_unary",
          "large_unary",
          "client_compressed_unary",
          "client_compressed_unary_noprobe",
          "server_compressed_unary",
          "client_streaming",
          "client_compressed_streaming",
          "client_compressed_streaming_noprobe",
          "server_streaming",
          "server_compressed_streaming",
          "ping_pong",
          "empty_stream",
          "custom_metadata",
          "status_code_and_message",
          "special_status_message",
          "unimplemented_method",
          "unimplemented_service",
          "cancel_after_begin",
          "cancel_after_first_response",
          "timeout_on_sleeping_server",
          "very_large_request",
          "pick_first_unary",
          "rpc_soak",
          "channel_soak",
          "orca_per_rpc",
          "orca_oob");

  private static final String POLICY =
      """
      [[provide]]
      plugin = "interop-server"
      services = ["grpc.testing.TestService", "xds.service.orca.v3.OpenRcaService"]
      [[provide]]
      plugin = "interop-client"
      services = ["dev.tenon.interop.v1.Entry"]
      [[rule]]
      id = "tests"
      effect = "allow"
      caller = "interop-client"
      service = "grpc.testing.*"
      [[rule]]
      id = "metrics"
      effect = "allow"
      caller = "interop-client"
      service = "xds.service.orca.v3.*"
      """;

  private Path root;
  private Process server;
  private int serverPort;
  private int clientPort;

  /** How one case ended. */
  record Outcome(String name, String direct, String tenon) {
    boolean isLost() {
      return direct.equals("passes") && !tenon.equals("passes");
    }
  }

  @BeforeEach
  void start() throws Exception {
    root = Files.createTempDirectory(Path.of("/tmp"), "tni");
    serverPort = freePort();
    clientPort = freePort();
    server = peer("TestServiceServer", "server.log", "--port=" + serverPort);
    awaitListening(serverPort);
  }

  @AfterEach
  void stop() throws Exception {
    server.destroyForcibly().waitFor(60, SECONDS);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void everyCaseThatPassesDirectly_passesThroughTheHost() throws Exception {
    List<Outcome> outcomes = new ArrayList<>();
    program("interop-server", ServerPlugin.class, ServerPlugin.PORT, serverPort);
    program("interop-client", ClientPlugin.class, ClientPlugin.PORT, clientPort);
    try (PluginHost host =
        PluginHost.builder()
            .required("*")
            .plugins(root.resolve("plugins"))
            .policy(Policy.parse(POLICY))
            .state(root.resolve("state"))
            .run(root.resolve("run"))
            .startLimits(PATIENCE, PATIENCE)
            .limits(HostLimits.DEFAULT.with(Limited.CALL, new Rate(Rates.MOST, Rates.MOST)))
            .maxMessageBytes(16 << 20) // very_large_request has 10 MiB
            .start()) {
      assertThat(host.plugins()).hasSize(2);
      awaitListening(clientPort);
      for (String name : CASES) {
        outcomes.add(new Outcome(name, run(name, serverPort), run(name, clientPort)));
      }
    }
    Files.writeString(PAGE, page(outcomes));
    assertThat(outcomes).noneMatch(Outcome::isLost);
    assertThat(outcomes).filteredOn(o -> o.direct().equals("passes")).hasSizeGreaterThan(15);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void awaitListening(int port) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
              } catch (IOException e) {
                return false;
              }
            });
  }

  private Process peer(String program, String log, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                LIB + File.separator + "*",
                "io.grpc.testing.integration." + program,
                "--use_tls=false"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(root.resolve(log).toFile())
        .start();
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Runs one case and returns {@code passes}, or the first line that says why not. */
  private String run(String name, int port) throws Exception {
    Process client =
        peer(
            "TestServiceClient",
            "client.log",
            "--server_host=127.0.0.1",
            "--server_port=" + port,
            "--soak_per_iteration_max_acceptable_latency_ms=30000",
            "--soak_overall_timeout_seconds=100",
            "--test_case=" + name);
    if (!client.waitFor(PATIENCE.toSeconds(), SECONDS)) {
      client.destroyForcibly();
      return "does not end";
    }
    if (client.exitValue() == 0) {
      return "passes";
    }
    return Files.readAllLines(root.resolve("client.log")).stream()
        .filter(line -> line.startsWith("Exception in thread"))
        .findFirst()
        .map(line -> line.replaceFirst("Exception in thread \"main\" (java\\.lang\\.)?", ""))
        .map(line -> line.replace('|', '/'))
        .orElse("exit status " + client.exitValue());
  }

  private void program(String plugin, Class<?> main, String variable, int port) throws Exception {
    Path folder = Files.createDirectories(root.resolve("plugins").resolve(plugin));
    Path program = folder.resolve("program");
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Files.writeString(
        program,
        "#!/bin/sh\nexec '%s' -Xmx256m -XX:+UseSerialGC -cp '%s' %s\n"
            .formatted(java(), classPath, main.getName()));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    String digest =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(program)));
    Files.writeString(
        folder.resolve("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        isolation = "shared-uid"
        command = ["program"]
        sha256 = "%s"
        env = { %s = "%d" }
        """
            .formatted(plugin, digest, variable, port));
  }

  private static String page(List<Outcome> outcomes) throws Exception {
    long direct = outcomes.stream().filter(o -> o.direct().equals("passes")).count();
    long tenon = outcomes.stream().filter(o -> o.tenon().equals("passes")).count();
    long lost = outcomes.stream().filter(Outcome::isLost).count();
    StringBuilder page = new StringBuilder();
    page.append("# gRPC interoperability\n\n")
        .append("Written by `mvn -B verify -Pinterop` on ")
        .append(LocalDate.now(ZoneOffset.UTC))
        .append(", commit ")
        .append(commit())
        .append(", JDK ")
        .append(Runtime.version().feature())
        .append(".\n\n")
        .append("Client and server are those of grpc-interop-testing 1.79.0, each a process of")
        .append(" its own. \"Through Tenon\": the client\ncalls a plugin on loopback, which calls")
        .append(" through its host a second plugin, which calls the server. The cases that\n")
        .append("need credentials of a cloud are left out.\n\n")
        .append(outcomes.size() + " cases: " + direct + " pass directly, ")
        .append(tenon + " through Tenon, " + lost + " are lost on the way.\n\n")
        .append("| case | direct | through Tenon |\n|---|---|---|\n");
    outcomes.forEach(
        o -> page.append("| " + o.name() + " | " + o.direct() + " | " + o.tenon() + " |\n"));
    return page.toString();
  }

  private static String commit() throws Exception {
    Process git = new ProcessBuilder("git", "rev-parse", "--short=12", "HEAD").start();
    String commit = new String(git.getInputStream().readAllBytes(), UTF_8).strip();
    return git.waitFor() == 0 ? commit : "unknown";
  }
}
