package dev.tenon.registry;

import static dev.tenon.registry.Availability.State.AVAILABLE;
import static dev.tenon.registry.Availability.State.DEGRADED;
import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.Health;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.VersionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What those who watch a service see of it. */
class WatchTest {
  private static final RuntimeId WATCHER = run("watcher", 9);
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);

  private final InMemoryRegistry registry = Claims.registry();
  private final AtomicInteger changes = new AtomicInteger();

  private Watch watch(String versions) throws Exception {
    return registry.watch(WATCHER, ECHO, VersionRange.parse(versions), changes::incrementAndGet);
  }

  private static Optional<Availability> state(
      Availability.State state, Registration provider, boolean single) {
    return Optional.of(new Availability(state, Optional.of(new Discovery(provider, single))));
  }

  /** The present state comes first, then every change of health or of providers. Row: RG-16. */
  @Test
  void next_healthAndProvidersChange_presentStateFirstThenEachChange() throws Exception {
    Watch watch = watch("");
    assertThat(watch.next()).contains(Availability.NONE);
    assertThat(watch.next()).isEmpty();

    Registration first = registry.register(shared(A, ECHO));
    assertThat(watch.next()).isEmpty();
    registry.reportHealth(A, Health.HEALTHY);
    assertThat(watch.next()).isEqualTo(state(AVAILABLE, first, true));
    registry.reportHealth(A, Health.DEGRADED);
    assertThat(watch.next()).isEqualTo(state(DEGRADED, first, true));
    registry.reportHealth(B, Health.HEALTHY);
    Registration second = registry.register(shared(B, ECHO));
    assertThat(watch.next()).isEqualTo(state(AVAILABLE, first, false));
    registry.reportHealth(A, Health.UNHEALTHY);
    assertThat(watch.next()).isEqualTo(state(AVAILABLE, second, true));
    registry.unregister(B, second.id());
    assertThat(watch.next()).contains(Availability.NONE);
  }

  /** The end of a provider is told. Row: RG-9, RG-16. */
  @Test
  void next_providerRemoved_unavailable() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);
    Registration claim = registry.register(shared(A, ECHO));
    Watch watch = watch("");
    assertThat(watch.next()).isEqualTo(state(AVAILABLE, claim, true));

    registry.remove(A);

    assertThat(changes).hasValue(1);
    assertThat(watch.next()).contains(Availability.NONE);
  }

  /** So is the end of what it provides, without its own end. Row: RG-16. */
  @Test
  void changed_providerUnregistered_called() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);
    Registration claim = registry.register(shared(A, ECHO));
    Watch watch = watch("");
    assertThat(watch.next()).isEqualTo(state(AVAILABLE, claim, true));

    registry.unregister(A, claim.id());

    assertThat(changes).hasValue(1);
    assertThat(watch.next()).contains(Availability.NONE);
  }

  /** Providers outside of the range are as if they were not there. Row: RG-12, RG-16. */
  @Test
  void next_providersInAndOutOfRange_onlyThoseInIt() throws Exception {
    Watch watch = watch(">=1.10.0");
    registry.reportHealth(A, Health.HEALTHY);
    registry.reportHealth(B, Health.HEALTHY);
    registry.register(shared(A, ECHO, "1.9.0"));
    assertThat(watch.next()).contains(Availability.NONE);

    Registration newer = registry.register(shared(B, ECHO, "1.10.0"));

    assertThat(watch.next()).isEqualTo(state(AVAILABLE, newer, true));
  }

  /** Who asks late gets the latest state alone, and loses nothing that still holds. Row: RG-16. */
  @Test
  void next_afterManyChanges_latestStateOnce() throws Exception {
    Registration claim = registry.register(shared(A, ECHO));
    Watch watch = watch("");
    for (int i = 0; i < 10_000; i++) {
      registry.reportHealth(A, i % 2 == 0 ? Health.HEALTHY : Health.UNHEALTHY);
    }
    registry.reportHealth(A, Health.DEGRADED);

    assertThat(watch.next()).isEqualTo(state(DEGRADED, claim, true));
    assertThat(watch.next()).isEmpty();
    assertThat(changes).hasValue(10_001);
  }

  /** Changes of other services, and reports that change nothing, tell nobody. Row: RG-16. */
  @Test
  void changed_unrelatedChanges_notCalled() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);
    registry.register(shared(A, ECHO));
    var unused = watch("");

    registry.register(shared(B, CLOCK));
    registry.reportHealth(B, Health.DEGRADED);
    registry.reportHealth(A, Health.HEALTHY);
    registry.remove(B);

    assertThat(changes).hasValue(0);
  }

  /** No lock is held while a watcher is told: it may change the registry itself. Row: RG-16. */
  @Test
  void changed_watcherThatUsesTheRegistryFromAnotherThread_goesOn() throws Exception {
    AtomicBoolean told = new AtomicBoolean();
    var unused =
        registry.watch(
            WATCHER,
            ECHO,
            VersionRange.ANY,
            () -> {
              if (told.compareAndSet(false, true)) {
                Thread other =
                    new Thread(
                        () -> {
                          registry.reportHealth(B, Health.HEALTHY);
                          assertThat(registry.watches()).isEqualTo(1);
                        });
                other.start();
                join(other);
              }
            });

    registry.register(shared(A, ECHO));

    assertThat(told).isTrue();
    assertThat(registry.health(B)).contains(Health.HEALTHY);
  }

  private static void join(Thread thread) {
    try {
      thread.join(30_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).isFalse();
  }

  /** A run that loses what it provides may go on watching: its calls end it. */
  @Test
  void remove_runThatWatches_itsWatchesGoOn() throws Exception {
    Watch watch = watch("");

    registry.remove(WATCHER);

    assertThat(watch.next()).contains(Availability.NONE);
    assertThat(registry.watches()).isEqualTo(1);
  }

  @Test
  void close_once_nothingMoreAndNoTrace() throws Exception {
    Watch watch = watch("");
    watch.close();
    watch.close();
    registry.reportHealth(A, Health.HEALTHY);
    registry.register(shared(A, ECHO));

    assertThat(watch.next()).isEmpty();
    assertThat(changes).hasValue(0);
    assertThat(registry.watches()).isZero();
  }

  /** A watch of nothing sees nothing, whatever happens. Row: RG-11. */
  @Test
  void next_watchNothing_unavailableOnce() throws Exception {
    Watch watch = registry.watchNothing(WATCHER);
    registry.reportHealth(A, Health.HEALTHY);
    registry.register(shared(A, ECHO));

    assertThat(watch.next()).contains(Availability.NONE);
    assertThat(watch.next()).isEmpty();
    assertThat(changes).hasValue(0);
  }

  /** The eleventh watch of one run is refused, of whatever kind, until one ends. Row: RG-17. */
  @Test
  void watch_elevenByOneRun_refusedUntilOneEnds() throws Exception {
    List<Watch> open = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      open.add(i % 2 == 0 ? watch("") : registry.watchNothing(WATCHER));
    }

    assertThatExceptionOfType(LimitReachedException.class)
        .isThrownBy(() -> watch(""))
        .satisfies(refused -> assertThat(refused.refusal()).isEqualTo(Refusal.LIMIT_REACHED))
        .satisfies(
            refused ->
                assertThat(refused.auditReason()).isEqualTo("limit of 10 watches of one run"));
    assertThatExceptionOfType(LimitReachedException.class)
        .isThrownBy(() -> registry.watchNothing(WATCHER));
    assertThat(registry.watches()).isEqualTo(10);
    assertThat(registry.watch(A, ECHO, VersionRange.ANY, () -> {})).isNotNull();

    open.get(3).close();
    assertThat(watch("")).isNotNull();
    assertThatExceptionOfType(LimitReachedException.class)
        .as("one ended, so one more was let in")
        .isThrownBy(() -> watch(""));
  }

  /** The 101st watch of one service is refused, watches of nothing not counted. Row: RG-17. */
  @Test
  void watch_hundredAndOneOfOneService_refusedUntilOneEnds() throws Exception {
    List<Watch> open = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      open.add(registry.watch(run("w" + i, i), ECHO, VersionRange.ANY, () -> {}));
      var unused = registry.watchNothing(run("w" + i, i));
    }

    assertThatExceptionOfType(LimitReachedException.class)
        .isThrownBy(() -> watch(""))
        .satisfies(
            refused ->
                assertThat(refused.auditReason()).isEqualTo("limit of 100 watches of one service"));
    assertThat(registry.watch(WATCHER, CLOCK, VersionRange.ANY, () -> {})).isNotNull();

    open.get(7).close();
    assertThat(watch("")).isNotNull();
  }

  @Test
  void availability_ofInconsistentParts_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Availability(AVAILABLE, Optional.empty()))
        .withMessageContaining("(expected: one, unless unavailable)");
  }
}
