package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Health;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.Refusal;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the graph of dependencies lets into a running host, and when it starts. */
class GraphGuardTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final List<String> NAMES = List.of("alpha", "beta", "gamma");

  private final List<PluginContext> made = new CopyOnWriteArrayList<>();
  private TestHome home;
  private PluginHost host;

  @BeforeEach
  void start() throws Exception {
    home = TestHome.create();
    for (String plugin : NAMES) {
      home.provides(plugin, service(plugin));
      for (String other : NAMES) {
        home.calls(plugin, service(other));
      }
    }
    host = home.bareHost().start();
  }

  @AfterEach
  void close() throws IOException {
    host.close();
    home.close();
  }

  private static String service(String plugin) {
    return "acme." + plugin + ".v1.Service";
  }

  private Plugin.Builder plugin(String name) {
    return Plugin.named(name)
        .version("1.2.0")
        .provides(
            service(name),
            context -> {
              made.add(context);
              return () -> ServerServiceDefinition.builder(service(name)).build();
            });
  }

  private Plugin plugin(String name, String requires, String versions) {
    return plugin(name).requires(service(requires), versions).build();
  }

  private PluginChangeException refused(Plugin plugin) {
    return catchThrowableOfType(PluginChangeException.class, () -> host.add(plugin));
  }

  private void assertRefused(PluginChangeException refused, String message) {
    assertThat(refused).hasMessageStartingWith(message);
    assertThat(refused.refusal()).contains(Refusal.REQUIREMENT_MISSING);
    assertThat(Refusal.REQUIREMENT_MISSING.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  private PluginState state(String plugin) {
    return host.states(new PluginName(plugin)).get(0);
  }

  /**
   * What requires what nobody provides is refused by both names, without waiting for a provider;
   * after the provider it is taken.
   *
   * <p>Row: DG-5
   */
  @Test
  void add_dependentBeforeProvider_isRefusedAndThenTaken() throws Exception {
    Plugin beta = plugin("beta", "alpha", ">=1.0.0");

    assertRefused(
        refused(beta), "plugin beta requires acme.alpha.v1.Service >=1.0.0, which no plugin");
    assertThat(made).as("none has waited and started").isEmpty();
    assertThat(host.plugins()).isEmpty();

    host.add(plugin("alpha").build());
    host.add(beta);
    assertThat(state("beta")).isEqualTo(new PluginState.Healthy());
  }

  /** A provider in a version that will not do is none. Row: DG-5, DG-4. */
  @Test
  void add_providerTooOld_isRefused() throws Exception {
    host.add(plugin("alpha").build());

    assertRefused(refused(plugin("beta", "alpha", ">=1.3.0")), "plugin beta requires acme.alpha");
    host.add(plugin("beta", "alpha", ">=1.2.0"));
  }

  /** A dependent starts when what it requires is healthy, and not before. Row: DG-5. */
  @Test
  void add_providerIsNotHealthyYet_startsOnceItIs() throws Exception {
    host.add(plugin("alpha").build());
    made.get(0).reportHealth(Health.UNHEALTHY, "not yet");
    await().atMost(LONG).until(() -> state("alpha") instanceof PluginState.Unhealthy);

    CompletableFuture<Void> added = new CompletableFuture<>();
    Thread adding =
        new Thread(
            () -> {
              try {
                host.add(plugin("beta", "alpha", ">=1.0.0"));
                added.complete(null);
              } catch (PluginChangeException | RuntimeException e) {
                added.completeExceptionally(e);
              }
            });
    adding.start();
    await().atMost(LONG).until(() -> host.impact(new PluginName("alpha")).plugins().size() == 1);
    assertThat(state("beta")).isEqualTo(new PluginState.Starting());
    assertThat(made).as("beta has made nothing").hasSize(1);

    made.get(0).reportHealth(Health.HEALTHY, "");

    added.get(60, TimeUnit.SECONDS);
    assertThat(made).hasSize(2);
    assertThat(state("beta")).isEqualTo(new PluginState.Healthy());
  }

  /** What would close a circle is refused with the circle. Row: DG-5, DG-2. Attack: G17. */
  @Test
  void add_closesACircle_isRefusedWithIt() throws Exception {
    host.add(plugin("alpha").build());
    host.add(plugin("beta", "alpha", ">=1.0.0"));
    host.add(plugin("gamma", "beta", ">=1.0.0"));
    assertThat(host.remove(new PluginName("alpha"))).hasToString("[beta]");

    assertRefused(
        refused(plugin("alpha", "gamma", ">=1.0.0")),
        "plugins require each other: alpha → gamma → beta → alpha");
    assertThatHasOnly("beta", "gamma");

    host.add(plugin("alpha").build());
    assertThatHasOnly("alpha", "beta", "gamma");
  }

  private void assertThatHasOnly(String... plugins) {
    assertThat(host.plugins()).extracting(plugin -> plugin.name().value()).containsExactly(plugins);
  }

  /** What others lack since a removal is no fault of who comes. Row: DG-5. */
  @Test
  void add_othersLackAProvider_unconcernedIsTaken() throws Exception {
    host.add(plugin("alpha").build());
    host.add(plugin("beta", "alpha", ">=1.0.0"));
    assertThat(host.remove(new PluginName("alpha"))).hasToString("[beta]");

    host.add(plugin("gamma").build());

    assertThatHasOnly("beta", "gamma");
  }

  /** A successor that takes away what others require is none; the old one serves on. Row: DG-5. */
  @Test
  void replace_successorIsTooOldForOthers_isRefused() throws Exception {
    host.add(plugin("alpha").build());
    host.add(plugin("beta", "alpha", ">=1.2.0"));
    String before = host.plugins().toString();

    PluginChangeException refused =
        catchThrowableOfType(
            PluginChangeException.class,
            () -> host.replace(plugin("alpha").version("1.1.0").build(), Duration.ofSeconds(5)));

    assertThat(refused.refusal()).contains(Refusal.REQUIREMENT_MISSING);
    assertThat(refused).hasMessageContaining("plugin beta requires acme.alpha.v1.Service >=1.2.0");
    assertThat(host.plugins()).hasToString(before);
    assertThat(host.impact(new PluginName("alpha")).plugins()).hasToString("[beta]");
  }
}
