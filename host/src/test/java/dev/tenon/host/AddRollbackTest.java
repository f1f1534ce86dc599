package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.v1.Health;
import dev.tenon.v1.Requirement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A plugin that is added to a running host and fails, at one step after another: nothing of it is
 * left, and the next one of its name starts as if it had never been.
 *
 * <p>Row: LC-10
 */
class AddRollbackTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final PluginName LATE = new PluginName("late");
  private static final String POLICY =
      """
      [[provide]]
      plugin = "alpha"
      services = ["testservice.v1.Echo"]
      exclusive = false
      [[provide]]
      plugin = "late"
      services = ["testservice.v1.Echo"]
      exclusive = false
      """;

  private TestHost host;
  private List<PluginStatus> plugins;
  private List<RegistrationStatus> registrations;
  private List<String> directories;

  @BeforeEach
  void start() throws Exception {
    host = TestHost.with(POLICY).enrolled("alpha", NamedEcho.SERVICE).start();
    host.plugin("alpha").register(NamedEcho.SERVICE);
    plugins = host.host().plugins();
    registrations = host.host().registrations();
    directories = directories();
  }

  @AfterEach
  void close() {
    host.close();
  }

  private List<String> directories() throws IOException {
    try (Stream<Path> all = Files.walk(host.directory().resolve("r"))) {
      return all.map(Path::toString).sorted().toList();
    }
  }

  private void assertAsBefore() throws Exception {
    assertThat(host.host().plugins()).isEqualTo(plugins);
    assertThat(host.host().registrations()).isEqualTo(registrations);
    assertThatThrownBy(() -> host.host().states(LATE)).isInstanceOf(IllegalArgumentException.class);
    await().atMost(SOON).untilAsserted(() -> assertThat(directories()).isEqualTo(directories));
    host.host().add(host.later("late", AddRollbackTest::comeUp));
    assertThat(host.host().states(LATE)).containsExactly(new PluginState.Healthy());
  }

  private static void comeUp(RawPlugin plugin) throws Exception {
    plugin.enrol(NamedEcho.SERVICE);
    plugin.serve(new NamedEcho("late"));
    plugin.register(NamedEcho.SERVICE);
    plugin.healthy();
  }

  private PluginChangeException add(RawRuntime.Script script) {
    return catchThrowableOfType(
        PluginChangeException.class, () -> host.host().add(host.later("late", script)));
  }

  @Test
  void add_launchIsRefused_leavesNothing() throws Exception {
    PluginRuntime refusing =
        new PluginRuntime() {
          @Override
          public LaunchedPlugin launch(Launch launch) throws LaunchException {
            throw new LaunchException("plugin late: no such program");
          }

          @Override
          public Isolation isolation() {
            return Isolation.NONE;
          }
        };

    assertThatThrownBy(
            () -> host.host().add(new PluginDefinition(LATE, RawPlugin.VERSION, refusing)))
        .isInstanceOf(PluginChangeException.class)
        .hasMessage("plugin late: no such program");

    assertAsBefore();
  }

  @Test
  void add_endsAtOnce_leavesNothing() throws Exception {
    PluginChangeException failure =
        add(
            plugin -> {
              throw new IllegalStateException("as some do");
            });

    assertThat(failure).hasMessageStartingWith("plugin late ended with status 1");
    RawPlugin ended = host.laterRun("late").plugin;
    assertThat(Refused.by(() -> ended.enrol(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
        .as("its enrolment token is of no use")
        .isTrue();
    assertAsBefore();
  }

  @Test
  void add_endsOnceEnrolled_leavesNothing() throws Exception {
    PluginChangeException failure =
        add(
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              throw new IllegalStateException("as some do");
            });

    assertThat(failure).hasMessageStartingWith("plugin late ended with status 1");
    assertCredentialsAreUseless();
    assertAsBefore();
  }

  @Test
  void add_endsOnceRegistered_leavesNothing() throws Exception {
    PluginChangeException failure =
        add(
            plugin -> {
              plugin.enrol(NamedEcho.SERVICE);
              plugin.register(NamedEcho.SERVICE);
              throw new IllegalStateException("as some do");
            });

    assertThat(failure).hasMessageStartingWith("plugin late ended with status 1");
    assertCredentialsAreUseless();
    assertAsBefore();
  }

  @Test
  void add_requiresWhatNobodyProvides_leavesNothing() throws Exception {
    PluginChangeException failure =
        add(
            plugin ->
                plugin.enrol(
                    plugin
                        .enrolRequest()
                        .addProvides(NamedEcho.SERVICE)
                        .addRequires(Requirement.newBuilder().setService("acme.v1.Missing"))
                        .build()));

    assertThat(failure)
        .hasMessageStartingWith("plugin late requires acme.v1.Missing, which no plugin provides");
    assertThat(host.laterRun("late").exit().isDone()).as("ended").isTrue();
    assertAsBefore();
  }

  /** One that hangs is waited for until its time is over; here its caller gives up before. */
  @Test
  void add_neverHealthy_leavesNothing() throws Exception {
    CompletableFuture<PluginChangeException> failed = new CompletableFuture<>();
    Thread adding =
        new Thread(
            () ->
                failed.complete(
                    add(
                        plugin -> {
                          plugin.enrol(NamedEcho.SERVICE);
                          plugin.register(NamedEcho.SERVICE);
                          plugin.report(Health.HEALTH_UNHEALTHY);
                        })));
    adding.start();
    await()
        .atMost(SOON)
        .until(
            () ->
                host.host().plugins().stream()
                    .anyMatch(plugin -> plugin.state() instanceof PluginState.Unhealthy));
    assertThat(host.host().registrations()).hasSize(2);

    adding.interrupt();

    assertThat(failed.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join())
        .hasMessageStartingWith("plugin late: start was interrupted");
    assertCredentialsAreUseless();
    assertAsBefore();
  }

  private void assertCredentialsAreUseless() {
    RawPlugin late = host.laterRun("late").plugin;
    assertThat(Refused.by(() -> late.register(NamedEcho.SERVICE)).is(Refusal.NOT_AUTHENTICATED))
        .isTrue();
  }

  @Test
  void add_nameIsTaken_isRefused() throws Exception {
    assertThatThrownBy(() -> host.host().add(host.later("alpha", AddRollbackTest::comeUp)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("plugin: alpha (expected: one that the host does not have yet)");
    assertAsBefore();
  }
}
