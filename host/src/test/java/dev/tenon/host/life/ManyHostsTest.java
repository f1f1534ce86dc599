package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.Plugin;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several hosts, one after the other and at once. */
class ManyHostsTest {
  private static final int HOSTS = 10;

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
    home.provides("echo", EchoGrpc.SERVICE_NAME);
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static Plugin echo() {
    return Plugin.named("echo")
        .version("1.0.0")
        .provides(EchoGrpc.SERVICE_NAME, context -> new LifePlugin.Echo())
        .build();
  }

  /**
   * Ten hosts in one JVM leave no thread, socket, pipe or file behind.
   *
   * <p>Row: CF-11
   */
  @Test
  void hosts_startedAndClosed_leaveNothing() throws Exception {
    startCallAndClose(); // what is made once for all hosts
    Set<Thread> threads = HostRemains.threads();
    long channels = HostRemains.channels();
    for (int i = 0; i < HOSTS; i++) {
      startCallAndClose();
    }
    HostRemains.awaitNone(threads);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(HostRemains.channels()).isLessThanOrEqualTo(channels));
    assertThat(HostRemains.files(home)).isEmpty();
    try (Stream<Path> left = Files.list(home.run())) {
      assertThat(left).isEmpty();
    }
  }

  private void startCallAndClose() throws Exception {
    try (PluginHost host = home.bareHost().plugin(InJvm.of(echo())).start()) {
      host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance());
    }
  }

  /**
   * Two hosts at once, with a state each, share nothing: one ends and the other goes on.
   *
   * <p>Row: CF-11
   */
  @Test
  void twoHosts_atOnce_areIndependent() throws Exception {
    PluginHost first = home.bareHost().plugin(InJvm.of(echo())).start();
    try (PluginHost second =
        home.bareHost().state(home.root().resolve("second")).plugin(InJvm.of(echo())).start()) {
      assertThat(first.plugins().get(0).runtimeId())
          .isNotEqualTo(second.plugins().get(0).runtimeId());
      first.close();
      assertThat(second.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance()))
          .isNotNull();
    }
  }

  /**
   * A state that a host has is refused to others: in this JVM, and, as a refused attempt must not
   * cost the lock, in other processes after that.
   *
   * <p>Row: CF-11
   */
  @Test
  void state_inUse_isRefusedHereAndElsewhere() throws Exception {
    HostBuilder again = home.bareHost();
    try (PluginHost host = home.bareHost().start()) {
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(again::start)
            .isInstanceOf(HostStartException.class)
            .hasMessageEndingWith(
                home.root().resolve("state")
                    + ": in use by another host (expected: one host a directory)");
      }
      try (HostProgram other = HostProgram.start(home, Map.of())) {
        assertThat(other.awaitRefusal()).contains("in use by another host");
      }
      assertThat(host.plugins()).isEmpty();
    }
    again.start().close();
  }

  /** Hosts sweep what killed hosts left, and nothing of living ones, whichever process asks. */
  @Test
  void runDirectory_ofLivingHost_isNotSwept() throws Exception {
    try (PluginHost host =
        home.bareHost().state(home.root().resolve("first")).plugin(InJvm.of(echo())).start()) {
      home.bareHost().state(home.root().resolve("second")).start().close();
      try (HostProgram other = HostProgram.start(home, Map.of())) {
        other.awaitPlugins();
      }
      try (Stream<Path> sockets = Files.walk(home.run())) {
        assertThat(sockets.map(path -> path.getFileName().toString()))
            .contains("e", "c", "d", "s", "lock");
      }
      assertThat(host.plugins()).hasSize(1);
    }
  }

  /**
   * Sockets are for their owner alone, in directories for their owner alone.
   *
   * <p>Row: PK-23
   */
  @Test
  void sockets_ofRunningHost_arePrivate() throws Exception {
    try (PluginHost host = home.bareHost().plugin(InJvm.of(echo())).start();
        Stream<Path> files = Files.walk(home.run())) {
      List<Path> found = files.toList();
      assertThat(found.stream().filter(path -> isSocket(path))).hasSize(4);
      for (Path path : found) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        if (Files.isDirectory(path)) {
          assertThat(mode).as("%s", path).isEqualTo("rwx------");
        } else if (isSocket(path)) {
          assertThat(mode).as("%s", path).isEqualTo("rw-------");
        }
      }
      assertThat(host.describe()).contains("Unix sockets");
    }
  }

  private static boolean isSocket(Path path) {
    try {
      return Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class)
          .isOther();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * A run or state directory that others can write to is refused.
   *
   * <p>Row: PK-23
   */
  @Test
  void directory_thatOthersCanWrite_isRefused() throws Exception {
    for (String name : List.of("run", "state")) {
      Path open = Files.createDirectories(home.root().resolve(name));
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
      HostBuilder builder = home.bareHost();

      assertThatThrownBy(builder::start)
          .isInstanceOf(HostStartException.class)
          .hasMessageContaining(open + ": writable by others (expected: ");

      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
      builder.start().close();
    }
  }
}
