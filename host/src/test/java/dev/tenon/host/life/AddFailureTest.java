package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.host.AdminClient;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.OtherGrpc;
import dev.tenon.v1.AddPluginRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process that is added and fails, at one step after another, by the program and by an
 * administrator: what the host has afterwards is what it had before. {@code AddRollbackTest} has
 * the steps between, with plugins that a test plays: their tokens and certificates are of no use.
 */
class AddFailureTest {
  private static final Duration SOON = Duration.ofMinutes(2);

  /** What fails takes so long; what does not, also the plugin that is there before, stays below. */
  private static final Duration TOO_LONG = Duration.ofSeconds(6);

  private static final PluginName BASE = new PluginName("base");

  private TestHome home;
  private PluginHost host;
  private AdminClient alice;

  /** At which step the plugin fails. */
  private enum Step {
    /** Its checksum is another's: nothing is launched. */
    CHECKSUM,
    /** Its program cannot be executed. */
    LAUNCH,
    /** It ends before it enrols. */
    ENROL,
    /** It never enrols. */
    ENROL_IN_TIME,
    /** It enrols and requires what there is not. */
    REQUIRE,
    /** It enrols and never becomes healthy. */
    HEALTH_IN_TIME;

    void describe(TestHome home) throws IOException {
      switch (this) {
        case CHECKSUM -> {
          home.shell("late", "exit 0");
          home.describe("late", "0".repeat(64), "program");
        }
        case LAUNCH -> {
          home.shell("late", "exit 0");
          Path program = home.plugins().resolve("late/program");
          Files.writeString(program, "#!/no/such/interpreter\n");
          home.describe("late", TestHome.sha256(program), "program");
        }
        case ENROL -> home.shell("late", "exit 3");
        case ENROL_IN_TIME -> home.shell("late", "exec sleep 600");
        case REQUIRE -> home.java("late", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);
        case HEALTH_IN_TIME -> home.java("late", Behaviour.STUCK, EchoGrpc.SERVICE_NAME);
      }
    }

    Duration toEnrol() {
      return this == ENROL_IN_TIME ? TOO_LONG : SOON;
    }

    Duration toHealthy() {
      return this == HEALTH_IN_TIME ? TOO_LONG : SOON;
    }
  }

  /** What a host has of plugins, wherever it is: tables, files and sockets, processes. */
  private record Owned(
      List<?> plugins, List<?> registrations, Object graph, List<String> files, List<Long> pids) {
    static Owned of(TestHome home, PluginHost host) throws IOException {
      return new Owned(
          host.plugins(),
          host.registrations(),
          host.impact(BASE),
          files(home),
          ProcessHandle.current()
              .descendants()
              .filter(ProcessHandle::isAlive)
              .map(ProcessHandle::pid)
              .sorted()
              .toList());
    }

    private static List<String> files(TestHome home) throws IOException {
      try (Stream<Path> all = Files.walk(home.run())) {
        return all.map(Path::toString).sorted().toList();
      }
    }
  }

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void close() throws IOException {
    if (alice != null) {
      alice.close();
      host.close();
    }
    home.close();
  }

  private void start(Step step) throws Exception {
    step.describe(home);
    Files.move(home.plugins().resolve("late"), home.plugins().resolve(".late"));
    home.shell("spare", "exit 3").also("spare", "start = \"lazy\"");
    host =
        home.provides("base", OtherGrpc.SERVICE_NAME)
            .bareHost()
            .startLimits(step.toEnrol(), step.toHealthy())
            .plugins(home.plugins())
            .plugin(Plugin.named("base").version("1.0.0").build())
            .admins("alice")
            .start();
    alice = AdminClient.of(host, "alice");
  }

  /** Row: LC-10. */
  @ParameterizedTest
  @EnumSource
  void add_failsAtAStep_leavesWhatThereWas(Step step) throws Exception {
    start(step);
    Owned before = Owned.of(home, host);

    PluginDefinition late = PluginDefinition.load(home.plugins().resolve(".late"));
    assertThatThrownBy(() -> host.add(late)).isInstanceOf(PluginChangeException.class);
    assertAsBefore(before);

    assertThatThrownBy(
            () ->
                alice
                    .stub()
                    .addPlugin(
                        AddPluginRequest.newBuilder().setFolder(".late").setReason("x").build())
                    .next())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refused ->
                assertThat(refused.getStatus().getCode())
                    .isEqualTo(Status.Code.FAILED_PRECONDITION));
    assertAsBefore(before);
  }

  private void assertAsBefore(Owned before) {
    await().atMost(SOON).untilAsserted(() -> assertThat(Owned.of(home, host)).isEqualTo(before));
    assertThatThrownBy(() -> host.states(new PluginName("late")))
        .isInstanceOf(IllegalArgumentException.class);
    await().atMost(SOON).untilAsserted(() -> assertThat(ProcessTable.zombies()).isEmpty());
  }
}
