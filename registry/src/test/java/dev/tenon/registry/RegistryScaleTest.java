package dev.tenon.registry;

import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A registry of 10,000 services, by 100 runs with 100 services each, under raised limits. {@code
 * -Dtenon.flips=N} sets how many reports flip; each is about all services of a run.
 */
class RegistryScaleTest {
  private static final int RUNS = 100;
  private static final int SERVICES = 10_000;
  private static final int WATCHERS = 1_000;
  private static final int FLIPS = Integer.getInteger("tenon.flips", 1_000);
  private static final int WRITERS = 4;
  private static final int READERS = 2;

  private final InMemoryRegistry registry =
      new InMemoryRegistry(
          new RegistryLimits(SERVICES / RUNS, 1, SERVICES, 1, 1), Map.of(), new Random(1));
  private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS + READERS);

  @BeforeEach
  void register() throws Exception {
    for (int i = 0; i < SERVICES; i++) {
      registry.register(shared(provider(i), service(i)));
    }
    for (int i = 0; i < RUNS; i++) {
      registry.reportHealth(provider(i), Health.HEALTHY);
    }
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static RuntimeId provider(int service) {
    return run("p", service % RUNS);
  }

  private static ServiceName service(int i) {
    return new ServiceName("acme.v1.S" + i);
  }

  /** One who watches, and reads when there is time for it. */
  private final class Watcher {
    private final ServiceName service;
    private final AtomicBoolean isWaiting = new AtomicBoolean();
    private volatile @Nullable Watch watch;
    private volatile Availability last = Availability.NONE;

    Watcher(int number) {
      service = service(number * (SERVICES / WATCHERS) + number % RUNS);
    }

    void open(BlockingQueue<Watcher> waiting) throws LimitReachedException {
      watch =
          registry.watch(
              run("w", Long.parseLong(service.value().substring(9))),
              service,
              VersionRange.ANY,
              () -> call(waiting));
      call(waiting);
    }

    private void call(BlockingQueue<Watcher> waiting) {
      if (isWaiting.compareAndSet(false, true)) {
        waiting.add(this);
      }
    }

    void read() {
      isWaiting.set(false);
      Watch open = watch;
      if (open != null) { // Else it is told again once it is open.
        open.next().ifPresent(now -> last = now);
      }
    }
  }

  /** What each watcher saw last is what is so in the end. Row: RG-16, RG-17, RG-18. */
  @Test
  void watch_manyFlips_everyLastEventIsTheFinalState() throws Exception {
    BlockingQueue<Watcher> waiting = new LinkedBlockingQueue<>();
    List<Watcher> watchers = new ArrayList<>();
    for (int i = 0; i < WATCHERS; i++) {
      watchers.add(new Watcher(i));
      watchers.get(i).open(waiting);
    }
    AtomicBoolean over = new AtomicBoolean();
    List<Future<?>> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(threads.submit(() -> read(waiting, over)));
    }

    AtomicInteger flips = new AtomicInteger();
    List<Future<?>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Random random = new Random(i);
      writers.add(threads.submit(() -> flip(random, flips)));
    }
    for (Future<?> writer : writers) {
      writer.get(120, TimeUnit.SECONDS);
    }
    over.set(true);
    for (Future<?> reader : readers) {
      reader.get(120, TimeUnit.SECONDS);
    }

    assertThat(registry.watches()).isEqualTo(WATCHERS);
    assertThat(registry.registrations()).hasSize(SERVICES);
    for (Watcher watcher : watchers) {
      assertThat(watcher.last).isEqualTo(state(watcher.service));
    }
    assertThat(watchers.stream().map(watcher -> watcher.last.state()).distinct())
        .as("not all alike")
        .hasSizeGreaterThan(1);
  }

  private static Void read(BlockingQueue<Watcher> waiting, AtomicBoolean over)
      throws InterruptedException {
    while (true) {
      boolean wasOver = over.get();
      Watcher watcher = waiting.poll(1, TimeUnit.MILLISECONDS);
      if (watcher != null) {
        watcher.read();
      } else if (wasOver) {
        return null;
      }
    }
  }

  private void flip(Random random, AtomicInteger flips) {
    Health[] reports = Health.values();
    while (flips.getAndIncrement() < FLIPS) {
      registry.reportHealth(
          run("p", random.nextInt(RUNS)), reports[random.nextInt(reports.length)]);
    }
  }

  private Availability state(ServiceName service) {
    Optional<Discovery> found = registry.discover(service, VersionRange.ANY);
    if (found.isEmpty()) {
      return Availability.NONE;
    }
    boolean healthy =
        registry.health(found.get().registration().provider()).equals(Optional.of(Health.HEALTHY));
    return new Availability(
        healthy ? Availability.State.AVAILABLE : Availability.State.DEGRADED, found);
  }

  /** All of a run's claims go, nobody else's, and a place that became free is taken again. */
  @Test
  void remove_oneOfManyRuns_leavesTheOthersInTheirOrder() throws Exception {
    List<Registration> before = registry.registrations();

    List<Registration> removed = registry.remove(provider(7));

    assertThat(removed).hasSize(SERVICES / RUNS);
    List<Registration> left = new ArrayList<>(before);
    left.removeAll(new java.util.HashSet<>(removed));
    assertThat(registry.registrations()).isEqualTo(left);
    for (Registration claim : removed) {
      assertThat(registry.registration(claim.id())).isEmpty();
      assertThat(registry.registrations(claim.service())).isEmpty();
    }
    Registration again = registry.register(shared(provider(7), service(7)));
    assertThat(registry.registrations()).hasSize(left.size() + 1).endsWith(again);
  }
}
