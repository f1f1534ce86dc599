package dev.tenon.host.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.host.PluginChangeException;
import dev.tenon.host.PluginHost;
import dev.tenon.host.PluginStatus;
import dev.tenon.registry.Impact;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Plugins that come and go on several threads while others ask: each sees its own, and nothing is
 * left. {@code -Dtenon.changes=N} sets how often; the default is for every build.
 */
class ParallelChangesTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int ROUNDS = Integer.getInteger("tenon.changes", 3);
  private static final int THREADS = 4;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
  private final Queue<WeakReference<Object>> heap = new ConcurrentLinkedQueue<>();
  private Set<Thread> before;
  private TestHome home;

  @BeforeEach
  void makeHome() throws IOException {
    before = HostRemains.threads();
    home = TestHome.create();
    for (int i = 0; i < THREADS; i++) {
      home.provides("base-" + i, service("base-" + i));
      home.provides("user-" + i, service("user-" + i));
      home.calls("user-" + i, service("base-" + i));
    }
  }

  @AfterEach
  void closeHome() throws IOException {
    threads.shutdownNow();
    home.close();
  }

  private static String service(String plugin) {
    return "acme." + plugin.replace('-', '_') + ".v1.Service";
  }

  /** Makes a plugin whose service holds an object that only it knows. */
  private Plugin.Builder plugin(String name) {
    return Plugin.named(name)
        .version("1.0.0")
        .provides(
            service(name),
            context -> {
              Object[] own = new Object[1_000];
              heap.add(new WeakReference<>(own));
              return () -> {
                own[0] = context;
                return ServerServiceDefinition.builder(service(name)).build();
              };
            });
  }

  private Plugin user(int i) {
    return plugin("user-" + i).requires(service("base-" + i), ">=1.0.0").build();
  }

  /**
   * Adds, removals and questions at a time: what is added is in the graph, what is refused never
   * was, and nobody is refused for what another does. Threads, connections and what the plugins
   * held are as before.
   *
   * <p>Row: DG-6, TE-17
   */
  @Test
  void addAndRemove_inParallel_graphIsWholeAndNothingIsLeft() throws Exception {
    try (PluginHost host = home.bareHost().start()) {
      long channels = HostRemains.channels();
      AtomicBoolean done = new AtomicBoolean();
      Future<?> asking = threads.submit(() -> ask(host, done));
      List<Future<?>> changing = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int own = i;
        changing.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < ROUNDS; round++) {
                    comeAndGo(host, own, round);
                  }
                  return null;
                }));
      }
      for (Future<?> one : changing) {
        one.get(600, TimeUnit.SECONDS);
      }
      done.set(true);
      asking.get(60, TimeUnit.SECONDS);

      assertThat(host.plugins()).isEmpty();
      assertThat(host.registrations()).isEmpty();
      await().atMost(LONG).until(() -> HostRemains.channels() <= channels);
      assertThat(heap).hasSize(2 * THREADS * ROUNDS);
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(heap).noneMatch(held -> held.get() != null);
              });
    }
    threads.shutdown();
    HostRemains.awaitNone(before);
  }

  private void comeAndGo(PluginHost host, int i, int round) throws Exception {
    PluginName base = new PluginName("base-" + i);
    PluginName user = new PluginName("user-" + i);
    assertThat(catchThrowableOfType(PluginChangeException.class, () -> host.add(user(i))).refusal())
        .contains(Refusal.REQUIREMENT_MISSING);
    Plugin provider = plugin("base-" + i).build();
    if (round % 2 == 0) {
      host.add(provider);
    } else {
      host.add(InJvm.of(provider)); // over sockets
    }
    assertThat(host.impact(base).plugins()).isEmpty();
    host.add(user(i));
    assertThat(host.impact(base).plugins()).containsExactly(user);
    assertThat(host.impact(base).services())
        .extracting(Object::toString)
        .containsExactly(service("base-" + i), service("user-" + i));
    if (round % 3 == 0) {
      assertThat(host.remove(base)).containsExactly(user);
      assertThat(host.remove(user)).isEmpty();
    } else {
      assertThat(host.remove(user)).isEmpty();
      assertThat(host.remove(base)).isEmpty();
    }
    assertThat(host.impact(base)).isEqualTo(Impact.NONE);
  }

  private static void ask(PluginHost host, AtomicBoolean done) {
    while (!done.get()) {
      for (PluginStatus plugin : host.plugins()) {
        assertThat(host.impact(plugin.name()).plugins())
            .allMatch(other -> plugin.name().value().startsWith("base-"))
            .allMatch(other -> other.value().endsWith(plugin.name().value().substring(4)));
      }
      for (int i = 0; i < THREADS; i++) {
        assertThat(host.impact(new PluginName("user-" + i)).plugins()).isEmpty();
      }
    }
  }
}
