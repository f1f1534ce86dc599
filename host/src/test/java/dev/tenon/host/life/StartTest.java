package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The start of a host: all of its plugins, or nothing. */
class StartTest {
  private static final Duration SHORT = Duration.ofSeconds(3);
  private static final Duration LONG = Duration.ofSeconds(60);

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  /**
   * A plugin that takes its time is waited for: the host has started when the plugin has, and not
   * after some fixed time.
   *
   * <p>Row: LC-19
   */
  @Test
  void start_slowInTime_waits() throws Exception {
    home.java("slow", Behaviour.GATED, EchoGrpc.SERVICE_NAME);
    Thread opener =
        new Thread(
            () -> {
              Awaitility.await()
                  .atMost(LONG)
                  .until(() -> Files.exists(home.root().resolve("waiting")));
              try {
                Files.createFile(home.root().resolve("gate"));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    opener.start();
    try (PluginHost host = home.host().start()) {
      assertThat(home.root().resolve("gate")).exists();
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(EchoRequest.getDefaultInstance()))
          .isNotNull();
    }
    opener.join();
  }

  /**
   * A program that does not enrol in time is killed, and the failure shows what it printed.
   *
   * <p>Row: LC-19
   */
  @Test
  void start_neverEnrols_isKilledAndNamed() throws Exception {
    home.shell("mute", "echo warming up; exec cat");

    assertFails(
        home.host().startLimits(SHORT, LONG),
        "plugin mute: did not enrol (expected: within PT3S)\nits last output:\n  warming up");
  }

  /**
   * A plugin that enrols and then hangs is killed, and the failure shows what it printed.
   *
   * <p>Row: LC-19
   */
  @Test
  void start_neverHealthy_isKilledAndNamed() throws Exception {
    home.java("hung", Behaviour.STUCK, EchoGrpc.SERVICE_NAME);

    HostStartException failure =
        assertFails(
            home.host().startLimits(LONG, SHORT).stopGrace(SHORT),
            "plugin hung: did not become healthy (expected: within PT3S)");
    assertThat(failure).hasMessageContaining("enrolled as spiffe://");
  }

  /** Row: LC-20 */
  @Test
  void start_secondProgramRefused_firstIsEnded() throws Exception {
    home.java("first", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.shell("second", "exit 0");
    home.describe("second", "0".repeat(64), "program");

    assertFails(home.host(), "plugin second: command: ");
  }

  @Test
  void start_programEndsAtOnce_statusAndOutputAreNamed() throws Exception {
    home.java("first", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.shell("second", "echo no such database >&2; exit 7");

    HostStartException failure =
        assertFails(home.host(), "plugin second ended with status 7 (expected: to enrol)");
    assertThat(failure).hasMessageEndingWith("its last output:\n  no such database");
  }

  /** Row: DG-1 */
  @Test
  void start_requiredServiceOfNobody_namesPluginAndService() throws Exception {
    home.java("needy", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);

    assertFails(
        home.host(),
        "plugin needy requires " + OtherGrpc.SERVICE_NAME + " >=1.0.0, which no plugin provides");
  }

  /** Row: DG-1, DG-2 */
  @Test
  void start_cycle_namesIt() throws Exception {
    home.java("a", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);
    home.java("b", Behaviour.OTHER_NEEDS_ECHO, OtherGrpc.SERVICE_NAME);
    home.calls("a", OtherGrpc.SERVICE_NAME).calls("b", EchoGrpc.SERVICE_NAME);

    assertFails(home.host(), "plugins require each other: a → b → a");
  }

  /** A thread that is told to give up gives up, and cleans up first. */
  @Test
  void start_interrupted_endsAndUndoes() throws Exception {
    home.shell("mute", "touch \"$TEST_HOME/up\"; exec cat");
    Thread starting = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              Awaitility.await().atMost(LONG).until(() -> Files.exists(home.root().resolve("up")));
              starting.interrupt();
            });
    interrupter.start();
    HostBuilder builder = home.host();

    assertThatThrownBy(builder::start).hasMessageStartingWith("plugin mute: start was interrupted");
    assertThat(Thread.interrupted()).as("interrupted still").isTrue();
    interrupter.join();
    assertNothingLeft();
  }

  private HostStartException assertFails(HostBuilder builder, String message) throws Exception {
    Set<Thread> before = HostRemains.threads();
    HostStartException failure = catchThrowableOfType(HostStartException.class, builder::start);
    assertThat(failure).hasMessageStartingWith(message);
    HostRemains.awaitNone(before);
    assertNothingLeft();
    return failure;
  }

  private void assertNothingLeft() throws Exception {
    home.awaitNoProcess();
    assertThat(ProcessTable.zombies()).isEmpty();
    assertThat(HostRemains.files(home)).isEmpty();
    try (Stream<Path> left = Files.list(home.run())) {
      assertThat(left).isEmpty();
    }
    home.bareHost().start().close(); // the state is not locked any more
  }
}
