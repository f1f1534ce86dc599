package dev.tenon.registry.etcd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthEnableRequest;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthRoleAddRequest;
import io.etcd.jetcd.api.AuthUserAddRequest;
import io.etcd.jetcd.api.AuthUserGrantRoleRequest;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A member of a real etcd, on the loopback interface, that can be stopped and frozen. */
public final class EtcdServer implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int ATTEMPTS = 5;

  /** A file system in memory, on Linux: etcd has much to wait for on a busy disk. */
  private static final Path MEMORY = Path.of("/dev/shm");

  /** What there has to be left of it; a member takes 64 MiB for its log at once. */
  private static final long LEAST_ROOM_BYTES = 2L * 1024 * 1024 * 1024;

  private final String name;
  private final Path folder;
  private final Path data;
  private final List<String> options;
  private int port;
  private int peerPort;
  private String cluster = "";
  private @Nullable Process process;

  private EtcdServer(String name, Path folder, List<String> options) throws IOException {
    this.name = name;
    this.folder = folder;
    this.options = options;
    boolean isRoomy =
        Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= LEAST_ROOM_BYTES;
    data = isRoomy ? Files.createTempDirectory(MEMORY, "tenon-etcd") : folder.resolve("data");
  }

  /**
   * Starts one with its log in {@code folder}; its files are in memory where there is room. Skips
   * the test where there is no etcd, which there must be in CI.
   */
  public static EtcdServer start(Path folder, String... options) throws Exception {
    assumeInstalled();
    EtcdServer server = new EtcdServer("one", folder, List.of(options));
    startOnFreePorts(List.of(server));
    return server;
  }

  /** Starts the three members of one etcd, each with a folder of its own below {@code folder}. */
  public static List<EtcdServer> startThree(Path folder) throws Exception {
    assumeInstalled();
    List<EtcdServer> members = new ArrayList<>();
    for (String name : List.of("one", "two", "three")) {
      members.add(new EtcdServer(name, Files.createDirectories(folder.resolve(name)), List.of()));
    }
    startOnFreePorts(members);
    return members;
  }

  private static void assumeInstalled() {
    boolean installed = false;
    for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator, -1)) {
      installed |= Files.isExecutable(Path.of(entry.isEmpty() ? "." : entry, "etcd"));
    }
    if ("true".equals(System.getenv("CI"))) {
      assertThat(installed).as("etcd is installed (Debian: etcd-server)").isTrue();
    }
    assumeTrue(installed, "etcd is not installed (Debian: etcd-server)");
  }

  /** Between looking for a free port and its use somebody else may take it. */
  private static void startOnFreePorts(List<EtcdServer> members) throws Exception {
    for (int attempt = 1; ; attempt++) {
      for (EtcdServer member : members) {
        try (ServerSocket one = free();
            ServerSocket other = free()) {
          member.port = one.getLocalPort();
          member.peerPort = other.getLocalPort();
        }
      }
      String cluster = members.stream().map(EtcdServer::peer).collect(Collectors.joining(","));
      for (EtcdServer member : members) {
        member.cluster = cluster;
        member.start();
      }
      if (members.stream().allMatch(EtcdServer::isUp)) {
        return;
      }
      for (EtcdServer member : members) {
        member.kill();
        member.forget();
      }
      assertThat(attempt).as(() -> members.get(0).log()).isLessThan(ATTEMPTS);
    }
  }

  private String peer() {
    return name + "=http://127.0.0.1:" + peerPort;
  }

  /** A member remembers the ports of the others. */
  private void forget() throws IOException {
    if (Files.exists(data)) {
      try (Stream<Path> files = Files.walk(data)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("etcd.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static ServerSocket free() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  private void start() throws IOException {
    String client = endpoint();
    String peer = "http://127.0.0.1:" + peerPort;
    List<String> command =
        new ArrayList<>(
            List.of(
                "etcd",
                "--name=" + name,
                "--data-dir=" + data,
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=" + cluster,
                "--log-level=error"));
    command.addAll(options);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("etcd.log").toFile()))
            .start();
  }

  /** Waits until it takes connections; returns false if it has ended. */
  private boolean isUp() {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !running().isAlive() || takesConnections());
    return running().isAlive();
  }

  private boolean takesConnections() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private Process running() {
    return requireNonNull(process, "not started");
  }

  /** Returns where it takes clients. */
  public int port() {
    return port;
  }

  /** Returns where it takes clients, as an endpoint. */
  public String endpoint() {
    boolean tls = options.stream().anyMatch(option -> option.startsWith("--cert-file="));
    return (tls ? "https" : "http") + "://127.0.0.1:" + port;
  }

  /** Returns whether the others follow it; false if it does not say. */
  boolean isLeader() {
    try {
      StatusResponse status =
          asked(
              channel ->
                  MaintenanceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(5, TimeUnit.SECONDS)
                      .status(StatusRequest.getDefaultInstance()));
      return status.getLeader() == status.getHeader().getMemberId();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Ends it at once, as a crash does; its files stay. */
  public void kill() {
    running().destroyForcibly().onExit().join();
  }

  /** Starts it again over its files, on the same ports. */
  public void restart() throws IOException {
    start();
    assertThat(isUp()).as(() -> log()).isTrue();
  }

  /** Freezes it: connections stay, and nothing answers. */
  public void freeze() {
    signal("STOP");
  }

  /** Lets it go on. */
  public void thaw() {
    signal("CONT");
  }

  /** Forgets all of its history up to now. */
  public void compact() {
    var unused =
        asked(
            channel ->
                KVGrpc.newBlockingStub(channel)
                    .compact(
                        CompactionRequest.newBuilder()
                            .setRevision(all(channel).getHeader().getRevision())
                            .setPhysical(true)
                            .build()));
  }

  /** Returns how many keys it has. */
  public long keys() {
    return asked(channel -> all(channel).getCount());
  }

  private static RangeResponse all(Channel channel) {
    ByteString zero = ByteString.copyFrom(new byte[1]);
    return KVGrpc.newBlockingStub(channel)
        .range(RangeRequest.newBuilder().setKey(zero).setRangeEnd(zero).setCountOnly(true).build());
  }

  /** Takes nobody's word from now on but of {@code user} root, who has {@code password}. */
  void requireLogin(String password) {
    var unused =
        asked(
            channel -> {
              AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
              assertThat(
                      auth.userAdd(
                          AuthUserAddRequest.newBuilder()
                              .setName("root")
                              .setPassword(password)
                              .build()))
                  .isNotNull();
              assertThat(auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("root").build()))
                  .isNotNull();
              assertThat(
                      auth.userGrantRole(
                          AuthUserGrantRoleRequest.newBuilder()
                              .setUser("root")
                              .setRole("root")
                              .build()))
                  .isNotNull();
              return auth.authEnable(AuthEnableRequest.getDefaultInstance());
            });
  }

  private <R> R asked(Function<Channel, R> question) {
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress("127.0.0.1", port, InsecureChannelCredentials.create())
            .proxyDetector(address -> null)
            .build();
    try {
      return question.apply(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(running().pid()))
          .inheritIO()
          .start()
          .waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
    try {
      forget();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
