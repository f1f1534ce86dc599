package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.VersionRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Which provider the calls of one service go to, one after another. */
public abstract class SelectionContract implements Registries {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);
  private static final RuntimeId C = run("c", 3);
  private static final Selection WEIGHTED = weighted(70, 20, 10);

  /** Three providers and 300 calls: 100 each, exactly. Row: RG-14. */
  @Test
  void choose_roundRobin_exactlyOneThirdEach() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.ROUND_ROBIN, A, B, C);

    assertThat(calls(registry, 300)).containsOnly(hundred(A), hundred(B), hundred(C));
  }

  /**
   * Questions between the calls change nothing, neither do calls of another service. Row: RG-15.
   */
  @Test
  void choose_roundRobinWithQueriesBetween_stillEven() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.ROUND_ROBIN, A, B, C);
    registry.register(shared(A, CLOCK));
    Map<RuntimeId, Integer> calls = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      for (int query = 0; query < i % 4; query++) {
        assertThat(registry.discover(ECHO, VersionRange.ANY)).isPresent();
        assertThat(registry.registrations(ECHO)).hasSize(3);
        assertThat(registry.choose(ECHO, B).provider()).isEqualTo(B);
        assertThat(registry.choose(CLOCK).provider()).isEqualTo(A);
        try (Watch watch = registry.watch(A, ECHO, VersionRange.ANY, () -> {})) {
          assertThat(watch.next()).isPresent();
        }
      }
      calls.merge(registry.choose(ECHO).provider(), 1, Integer::sum);
    }

    assertThat(calls).containsOnly(hundred(A), hundred(B), hundred(C));
  }

  /** The rest share evenly when one goes, and when it comes back. Row: RG-14. */
  @Test
  void choose_roundRobinWithOneRemovedAndBack_evenAmongWhoIsThere() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.ROUND_ROBIN, A, B, C);
    assertThat(calls(registry, 100)).hasSize(3);

    registry.remove(B);
    assertThat(calls(registry, 200)).containsOnly(hundred(A), hundred(C));

    registry.reportHealth(B, Health.DEGRADED);
    registry.register(shared(B, ECHO));
    assertThat(calls(registry, 300)).containsOnly(hundred(A), hundred(B), hundred(C));

    registry.reportHealth(A, Health.UNHEALTHY);
    assertThat(calls(registry, 200)).containsOnly(hundred(B), hundred(C));
  }

  /** Many threads at once get exact shares too. Row: RG-14. */
  @Test
  void choose_roundRobinByManyThreads_exactlyOneThirdEach() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.ROUND_ROBIN, A, B, C);
    Map<RuntimeId, Integer> calls = new ConcurrentHashMap<>();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 6; thread++) {
        done.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    calls.merge(registry.choose(ECHO).provider(), 1, Integer::sum);
                  }
                  return null;
                }));
      }
      for (Future<?> one : done) {
        var unused = one.get();
      }
    } finally {
      threads.shutdownNow();
    }

    assertThat(calls).containsOnly(hundred(A), hundred(B), hundred(C));
  }

  /** Weights are dealt out without chance: exact in 100, and never a burst. Row: RG-14. */
  @Test
  void choose_weighted_sharesByWeight() throws Exception {
    ServiceRegistry registry = of(WEIGHTED, A, B, C);

    assertThat(calls(registry, 100))
        .containsOnly(Map.entry(A, 70), Map.entry(B, 20), Map.entry(C, 10));
    Map<RuntimeId, Integer> inTen = calls(registry, 10);
    assertThat(inTen).containsOnly(Map.entry(A, 7), Map.entry(B, 2), Map.entry(C, 1));
  }

  /** What one that is gone would have got, the others get in their proportion. Row: RG-14. */
  @Test
  void choose_weightedWithOneRemoved_restKeepTheirProportion() throws Exception {
    ServiceRegistry registry = of(WEIGHTED, A, B, C);
    assertThat(calls(registry, 33)).hasSize(3);

    registry.remove(A);
    Map<RuntimeId, Integer> without = calls(registry, 300);
    registry.reportHealth(A, Health.HEALTHY);
    registry.register(shared(A, ECHO));
    Map<RuntimeId, Integer> again = calls(registry, 1000);

    assertThat(without.get(B)).isCloseTo(200, within(2));
    assertThat(without.get(C)).isCloseTo(100, within(2));
    assertThat(again.get(A)).isCloseTo(700, within(2));
    assertThat(again.get(B)).isCloseTo(200, within(2));
    assertThat(again.get(C)).isCloseTo(100, within(2));
  }

  /** A weight belongs to a plugin, and its runs share it. Row: RG-14. */
  @Test
  void choose_weightedWithTwoRunsOfOnePlugin_runsShareItsWeight() throws Exception {
    RuntimeId second = run("a", 9);
    ServiceRegistry registry = of(WEIGHTED, A, second, B, C);

    assertThat(calls(registry, 200))
        .containsOnly(Map.entry(A, 70), Map.entry(second, 70), Map.entry(B, 40), Map.entry(C, 20));
  }

  /** Runs of one plugin are providers like any others. Row: RG-14. */
  @Test
  void choose_roundRobinAmongRunsOfOnePlugin_even() throws Exception {
    RuntimeId second = run("a", 9);
    ServiceRegistry registry = of(Selection.Plain.ROUND_ROBIN, A, second);

    assertThat(calls(registry, 200)).containsOnly(hundred(A), hundred(second));
  }

  @Test
  void choose_pluginWithoutWeight_onlyWhileNoOtherCan() throws Exception {
    ServiceRegistry registry =
        of(new Selection.Weighted(Map.of(new PluginName("b"), 1, new PluginName("c"), 0)), A, B, C);
    assertThat(calls(registry, 10)).containsOnlyKeys(B);

    registry.reportHealth(B, Health.UNHEALTHY);

    assertThat(calls(registry, 10)).containsOnlyKeys(A);
  }

  /** By an injected source, so that the test knows its draws. Row: RG-14. */
  @Test
  void choose_random_byTheInjectedSource() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.RANDOM, A, B, C);
    Random same = new Random(42);
    List<RuntimeId> expected = new ArrayList<>();
    List<RuntimeId> chosen = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      expected.add(List.of(A, B, C).get(same.nextInt(3)));
      chosen.add(registry.choose(ECHO).provider());
    }

    assertThat(chosen).isEqualTo(expected).contains(A, B, C);
    registry.remove(A);
    assertThat(calls(registry, 300)).containsOnlyKeys(B, C);
  }

  /** Without a selection the first serves, as long as it can. Row: RG-14. */
  @Test
  void choose_first_firstThatCan() throws Exception {
    for (ServiceRegistry registry :
        List.of(of(Selection.Plain.FIRST, A, B, C), with(make(), A, B, C))) {
      assertThat(calls(registry, 10)).containsOnlyKeys(A);
      registry.reportHealth(A, Health.UNHEALTHY);
      assertThat(calls(registry, 10)).containsOnlyKeys(B);
    }
  }

  @Test
  void choose_noProviderUnderAnySelection_refused() throws Exception {
    for (Selection selection :
        List.of(Selection.Plain.ROUND_ROBIN, Selection.Plain.RANDOM, WEIGHTED)) {
      ServiceRegistry registry = of(selection);
      assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> registry.choose(ECHO));
    }
  }

  private static Selection weighted(int a, int b, int c) {
    return new Selection.Weighted(
        Map.of(new PluginName("a"), a, new PluginName("b"), b, new PluginName("c"), c));
  }

  private ServiceRegistry of(Selection selection, RuntimeId... providers) throws Exception {
    return with(make(RegistryLimits.DEFAULT, Map.of(ECHO, selection), new Random(42)), providers);
  }

  private static ServiceRegistry with(ServiceRegistry registry, RuntimeId... providers)
      throws Exception {
    for (RuntimeId provider : providers) {
      registry.reportHealth(provider, Health.HEALTHY);
      registry.register(shared(provider, ECHO));
    }
    return registry;
  }

  private static Map<RuntimeId, Integer> calls(ServiceRegistry registry, int count)
      throws Exception {
    Map<RuntimeId, Integer> calls = new HashMap<>();
    for (int i = 0; i < count; i++) {
      calls.merge(registry.choose(ECHO).provider(), 1, Integer::sum);
    }
    return calls;
  }

  private static Map.Entry<RuntimeId, Integer> hundred(RuntimeId provider) {
    return Map.entry(provider, 100);
  }
}
