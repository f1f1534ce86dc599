package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The registry under parallel writers and readers: bounded loops, no sleeps. Row: RG-5, G3. */
class ConcurrentRegistryTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 500;

  private final InMemoryRegistry registry = Claims.registry();
  private final ExecutorService threads = Executors.newFixedThreadPool(2 * THREADS);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
    timer.shutdownNow();
  }

  private static <T> List<T> results(List<Future<T>> futures) throws Exception {
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      results.add(future.get(60, TimeUnit.SECONDS));
    }
    return results;
  }

  /** Of simultaneous exclusive claims exactly one wins, round after round. Row: RG-5, G3. */
  @Test
  void register_exclusiveAtTheSameTime_oneWins() throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    for (int round = 0; round < ROUNDS / 5; round++) {
      List<Future<Boolean>> tries = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        RuntimeId provider = run("p", i);
        tries.add(
            threads.submit(
                () -> {
                  start.await(60, TimeUnit.SECONDS);
                  return wins(provider);
                }));
      }

      assertThat(results(tries)).containsOnlyOnce(true);
      assertThat(registry.registrations(ECHO)).hasSize(1);
      registry.remove(registry.registrations(ECHO).get(0).provider());
    }
  }

  private boolean wins(RuntimeId provider) {
    try {
      registry.register(exclusive(provider, ECHO));
      return true;
    } catch (ServiceTakenException | LimitReachedException e) {
      return false;
    }
  }

  /** Readers see whole states only, while writers come and go. */
  @Test
  void readers_whileWritersComeAndGo_seeWholeStates() throws Exception {
    List<Future<Integer>> work = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int writer = i;
      work.add(threads.submit(() -> comeAndGo(writer)));
      work.add(threads.submit(this::readWholeStates));
    }

    assertThat(results(work)).containsOnly(ROUNDS);
    assertThat(registry.registrations()).isEmpty();
  }

  private int comeAndGo(int writer) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      RuntimeId provider = run("w" + writer, round);
      registry.reportHealth(provider, Health.HEALTHY);
      Registration claim = registry.register(shared(provider, ECHO));
      boolean clock = wins(provider, round);
      assertThat(registry.choose(ECHO, provider)).isEqualTo(claim);
      if (round % 3 == 0) {
        registry.unregister(provider, claim.id());
      }
      assertThat(registry.remove(provider)).hasSize((round % 3 == 0 ? 0 : 1) + (clock ? 1 : 0));
      assertThat(registry.health(provider)).isEmpty();
    }
    return ROUNDS;
  }

  private boolean wins(RuntimeId provider, int round) {
    try {
      return round % 2 == 0 && registry.register(exclusive(provider, CLOCK)) != null;
    } catch (ServiceTakenException | LimitReachedException e) {
      return false;
    }
  }

  private int readWholeStates() {
    for (int round = 0; round < ROUNDS; round++) {
      List<Registration> all = registry.registrations();
      assertThat(all.stream().map(Registration::id)).doesNotHaveDuplicates();
      assertThat(all.stream().filter(claim -> claim.service().equals(CLOCK)))
          .hasSizeLessThanOrEqualTo(1);
      assertThat(new HashSet<>(registry.registrations(ECHO)))
          .allMatch(claim -> claim.service().equals(ECHO));
      Optional<Discovery> found = registry.discover(ECHO, VersionRange.ANY);
      assertThat(found.stream())
          .allMatch(discovery -> discovery.registration().service().equals(ECHO));
      try {
        assertThat(registry.choose(CLOCK).service()).isEqualTo(CLOCK);
      } catch (NoProviderException e) {
        assertThat(e).hasMessageContaining(CLOCK.value());
      }
    }
    return ROUNDS;
  }

  /** No change falls between looking and waiting: every question is answered, none is left. */
  @Test
  void discoverWithin_whileProviderRegisters_neverMissed() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      RuntimeId provider = run("p", round);
      CyclicBarrier start = new CyclicBarrier(2);
      Callable<Optional<Discovery>> question =
          () -> {
            start.await(60, TimeUnit.SECONDS);
            return registry
                .discoverWithin(ECHO, VersionRange.ANY, Duration.ofMinutes(5), timer)
                .get(60, TimeUnit.SECONDS);
          };
      registry.reportHealth(provider, Health.HEALTHY);
      Future<Optional<Discovery>> asked = threads.submit(question);
      start.await(60, TimeUnit.SECONDS);
      Registration claim = registry.register(shared(provider, ECHO));

      assertThat(asked.get(60, TimeUnit.SECONDS)).contains(new Discovery(claim, true));
      registry.remove(provider);
    }
    assertThat(registry.waiting()).isZero();
  }
}
