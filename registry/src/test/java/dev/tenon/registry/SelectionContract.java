package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static dev.tenon.registry.ServiceRegistry.NO_KEY;
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
  private static final List<Selection> SELECTIONS =
      List.of(
          Selection.Plain.FIRST,
          Selection.Plain.ROUND_ROBIN,
          Selection.Plain.RANDOM,
          Selection.Plain.LEAST_LOADED,
          Selection.Plain.STICKY,
          WEIGHTED);

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

  /** Of two that chance names, the one with fewer open calls. Row: RG-14. */
  @Test
  void choose_leastLoaded_lessLoadedOfTwo() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.LEAST_LOADED, A, B, C);
    Map<RuntimeId, Integer> open = new HashMap<>(Map.of(A, 0, B, 0, C, 0));
    for (int i = 0; i < 300; i++) {
      open.merge(registry.choose(ECHO, loads(open), NO_KEY).provider(), 1, Integer::sum);
    }

    assertThat(open.values()).allSatisfy(calls -> assertThat(calls).isBetween(98, 102));
    open.putAll(Map.of(A, 1000, B, 0, C, 0));
    for (int i = 0; i < 300; i++) {
      open.merge(registry.choose(ECHO, loads(open), NO_KEY).provider(), 1, Integer::sum);
    }
    assertThat(open).containsEntry(A, 1000);
  }

  /** The same key, the same provider; and all of them get some. Row: RG-14. */
  @Test
  void choose_sticky_sameProviderForSameKey() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.STICKY, A, B, C);
    Map<RuntimeId, Integer> keys = new HashMap<>();
    for (int key = 0; key < 3000; key++) {
      RuntimeId chosen = keyed(registry, key);
      keys.merge(chosen, 1, Integer::sum);
      assertThat(keyed(registry, key)).isEqualTo(chosen);
    }

    assertThat(keys.values()).hasSize(3).allSatisfy(n -> assertThat(n).isBetween(850, 1150));
  }

  /** When one goes, its keys are shared out; the others' stay where they are. Row: RG-14. */
  @Test
  void choose_stickyWithOneRemoved_onlyItsKeysMove() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.STICKY, A, B, C);
    Map<Integer, RuntimeId> before = new HashMap<>();
    for (int key = 0; key < 300; key++) {
      before.put(key, keyed(registry, key));
    }

    registry.remove(B);

    for (int key = 0; key < 300; key++) {
      RuntimeId now = keyed(registry, key);
      assertThat(now).isEqualTo(B.equals(before.get(key)) ? now : before.get(key)).isNotEqualTo(B);
    }
    registry.reportHealth(B, Health.HEALTHY);
    registry.register(shared(B, ECHO));
    for (int key = 0; key < 300; key++) {
      assertThat(keyed(registry, key)).isEqualTo(before.get(key));
    }
  }

  /** A plugin keeps its keys when it is started again, and its runs share them. Row: RG-14. */
  @Test
  void choose_stickyAmongRunsOfOnePlugin_keyStaysWithPlugin() throws Exception {
    RuntimeId second = run("a", 9);
    ServiceRegistry before = of(Selection.Plain.STICKY, A, B, C);
    ServiceRegistry after = of(Selection.Plain.STICKY, second, B, C);
    ServiceRegistry both = of(Selection.Plain.STICKY, A, second, B, C);
    Map<RuntimeId, Integer> keys = new HashMap<>();
    for (int key = 0; key < 1000; key++) {
      PluginName plugin = keyed(before, key).plugin();
      assertThat(keyed(after, key).plugin()).isEqualTo(plugin);
      assertThat(keyed(both, key).plugin()).isEqualTo(plugin);
      keys.merge(keyed(both, key), 1, Integer::sum);
    }

    assertThat(keys.get(A)).isBetween(100, 240);
    assertThat(keys.get(second)).isBetween(100, 240);
  }

  /** Without a key it is the load that counts. Row: RG-14. */
  @Test
  void choose_stickyWithoutKey_lessLoaded() throws Exception {
    ServiceRegistry registry = of(Selection.Plain.STICKY, A, B);
    Map<RuntimeId, Integer> open = new HashMap<>(Map.of(A, 7, B, 3));

    for (int i = 0; i < 20; i++) {
      assertThat(registry.choose(ECHO, loads(open), NO_KEY).provider()).isEqualTo(B);
    }
  }

  /** Whoever is not fit gets nothing under any selection, and the others their shares. */
  @Test
  void choose_oneNotFit_sharedAmongTheRest() throws Exception {
    Fitness withoutB =
        new Fitness() {
          @Override
          public List<Registration> fit(List<Registration> candidates) {
            return candidates.stream().filter(claim -> !claim.provider().equals(B)).toList();
          }

          @Override
          public int load(RuntimeId provider) {
            return 0;
          }
        };
    for (Selection selection : SELECTIONS) {
      ServiceRegistry registry = of(selection, B, A, C);
      Map<RuntimeId, Integer> calls = new HashMap<>();
      for (int i = 0; i < 100; i++) {
        calls.merge(registry.choose(ECHO, withoutB, "key" + i).provider(), 1, Integer::sum);
        calls.merge(registry.chooseOwn(ECHO, withoutB, "key" + i).provider(), 1, Integer::sum);
      }
      assertThat(calls).as("%s", selection).doesNotContainKey(B);
      if (selection == Selection.Plain.ROUND_ROBIN) {
        assertThat(calls).containsOnly(hundred(A), hundred(C));
      }
    }
  }

  private static RuntimeId keyed(ServiceRegistry registry, int key) throws Exception {
    return registry.choose(ECHO, Fitness.UNKNOWN, "key-" + key).provider();
  }

  private static Fitness loads(Map<RuntimeId, Integer> open) {
    return new Fitness() {
      @Override
      public List<Registration> fit(List<Registration> candidates) {
        return candidates;
      }

      @Override
      public int load(RuntimeId provider) {
        return open.getOrDefault(provider, 0);
      }
    };
  }

  @Test
  void choose_noProviderUnderAnySelection_refused() throws Exception {
    for (Selection selection : SELECTIONS) {
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
