package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.HostStartException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.host.RestartPolicy;
import dev.tenon.host.life.LifePlugin.Behaviour;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.OtherGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins without which a host does not start, and those without which it does: real processes. */
class RequiredPluginsTest {
  private static final Duration SOON = Duration.ofMinutes(2);
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  /** As the usual one, with shorter pauses. */
  private static final RestartPolicy QUICK =
      new RestartPolicy(100, Duration.ofMillis(10), Duration.ofMillis(500), Duration.ofHours(1));

  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    home = TestHome.create();
  }

  @AfterEach
  void closeHome() throws IOException {
    home.close();
  }

  private static List<String> unavailable(PluginHost host) {
    return host.unavailable().stream().map(plugin -> plugin.name().value()).toList();
  }

  private static PluginState state(PluginHost host, String plugin) {
    return host.states(new PluginName(plugin)).get(0);
  }

  /**
   * All that are missing are in one error, each with what it met, those too that could not be there
   * because of them; and nothing is left, neither of them nor of one that was there.
   *
   * <p>Row: LC-27
   */
  @Test
  void start_severalRequiredMissing_areAllNamedAndNothingIsLeft() throws Exception {
    home.java("good", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.shell("changed", "exit 0").describe("changed", "0".repeat(64), "program");
    home.shell("quitter", "echo no luck today; exit 7");
    home.java("needy", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);
    home.provides("quitter", OtherGrpc.SERVICE_NAME).calls("needy", OtherGrpc.SERVICE_NAME);
    Set<Thread> before = HostRemains.threads();
    HostBuilder builder = home.host().required("changed", "good", "needy", "quitter");

    HostStartException failure = catchThrowableOfType(HostStartException.class, builder::start);

    assertThat(failure)
        .hasMessageStartingWith("required plugins did not start: changed, needy, quitter\n")
        .hasMessageContaining("plugin changed: command: ")
        .hasMessageContaining("plugin quitter ended with status 7 (expected: to enrol)")
        .hasMessageContaining("its last output:\n  no luck today")
        .hasMessageContaining("plugin needy requires " + OtherGrpc.SERVICE_NAME)
        .hasMessageNotContaining("plugin good");
    assertThat(failure.kind()).isEqualTo(HostStartException.Kind.PLUGIN);
    HostRemains.awaitNone(before);
    home.awaitNoProcess();
    assertThat(HostRemains.files(home)).isEmpty();
    try (Stream<Path> left = Files.list(home.run())) {
      assertThat(left).isEmpty();
    }
  }

  /**
   * The host starts without what is not required, whether it quits, is not what was described, or
   * lacks what nobody provides; all are listed, with why.
   *
   * <p>Row: LC-27
   */
  @Test
  void start_optionalMissing_startsWithoutAndListsThem() throws Exception {
    home.java("good", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    home.shell("changed", "exit 0").describe("changed", "0".repeat(64), "program");
    home.shell("quitter", "exit 7");
    home.java("needy", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);

    try (PluginHost host = home.host().required("good").restart(RestartPolicy.NEVER).start()) {
      assertThat(unavailable(host)).containsExactly("changed", "needy", "quitter");
      assertThat(state(host, "quitter")).isEqualTo(new PluginState.Failed("ended with status 7"));
      assertThat(state(host, "changed")).isEqualTo(new PluginState.Failed("could not be started"));
      assertThat(state(host, "needy"))
          .asString()
          .contains("requires " + OtherGrpc.SERVICE_NAME + " >=1.0.0, which no plugin provides");
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
    }
  }

  /**
   * What failed at first goes on as after a crash: it is started again, joins, and with it what
   * waited for it.
   *
   * <p>Row: LC-27, OB-6
   */
  @Test
  void start_optionalFailsAtFirst_isTriedAgainAndLeavesTheList() throws Exception {
    home.java("needy", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);
    home.java("late", Behaviour.OTHER, OtherGrpc.SERVICE_NAME)
        .calls("needy", OtherGrpc.SERVICE_NAME);
    failsOnce("late");

    try (PluginHost host = home.host().required("needy").restart(QUICK).start()) {
      await().atMost(SOON).until(() -> unavailable(host).isEmpty());
      assertThat(home.root().resolve("tried")).exists();
      assertThat(host.impact(new PluginName("late")).plugins()).contains(new PluginName("needy"));
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
    }
  }

  /** Lets the first run of a plugin that is there end at once. */
  private void failsOnce(String plugin) throws IOException {
    Path program = home.plugins().resolve(plugin).resolve("program");
    home.shell(
        plugin,
        "[ -e \"$TEST_HOME/tried\" ] || { touch \"$TEST_HOME/tried\"; exit 7; }\n"
            + Files.readString(program).lines().skip(1).findFirst().orElseThrow());
  }

  /** A host goes on without what its start required. Row: LC-27, OB-6 */
  @Test
  void unavailable_pluginIsKilled_isListedUntilItHasRecovered() throws Exception {
    home.java("echo", Behaviour.ECHO, EchoGrpc.SERVICE_NAME);
    RestartPolicy afterWhile =
        new RestartPolicy(5, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofHours(1));

    try (PluginHost host = home.host().required("echo").restart(afterWhile).start()) {
      assertThat(host.unavailable()).isEmpty();
      PluginStatus running = host.plugins().get(0);

      ProcessHandle.of(running.pid().getAsLong()).orElseThrow().destroyForcibly();

      await().atMost(SOON).until(() -> unavailable(host).equals(List.of("echo")));
      await().atMost(SOON).until(() -> host.unavailable().isEmpty());
      assertThat(host.plugins().get(0).runtimeId()).isNotEqualTo(running.runtimeId());
      assertThat(host.client(EchoGrpc::newBlockingStub).unary(REQUEST)).isNotNull();
    }
  }

  /** Plugins in a circle are out, and what has nothing to do with them is not. Row: LC-27 */
  @Test
  void start_optionalCircle_startsWithout() throws Exception {
    home.java("a", Behaviour.NEEDS_OTHER, EchoGrpc.SERVICE_NAME);
    home.java("b", Behaviour.OTHER_NEEDS_ECHO, OtherGrpc.SERVICE_NAME);
    home.calls("a", OtherGrpc.SERVICE_NAME).calls("b", EchoGrpc.SERVICE_NAME);

    try (PluginHost host = home.host().required().restart(RestartPolicy.NEVER).start()) {
      assertThat(unavailable(host)).containsExactly("a", "b");
      assertThat(state(host, "a"))
          .isEqualTo(state(host, "b"))
          .asString()
          .contains("plugins require each other: a → b → a");
    }
  }

  /** Row: LC-27 */
  @Test
  void start_requiredIsUnknownOrComesLater_isRefusedAndAllAreNamed() throws Exception {
    home.shell("late", "exit 7").also("late", "start = \"lazy\"");
    HostBuilder builder = home.host().required("late", "absent");

    assertThatThrownBy(builder::start)
        .isInstanceOf(HostStartException.class)
        .hasMessageContaining("plugin absent: required, and not among those that start with")
        .hasMessageContaining("plugin late: required, and not among those that start with")
        .extracting(e -> ((HostStartException) e).kind())
        .isEqualTo(HostStartException.Kind.CONFIGURATION);
    assertThatThrownBy(() -> builder.required("Not a name"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.required("words", "words"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("required: words twice (expected: each once)");
  }
}
