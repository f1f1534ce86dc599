package dev.tenon.registry;

import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.VersionRange;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the way of a call asks the registry: by service, by service and provider, by provider. */
class LookUpTest {
  private static final int SERVICES = 1_000;
  private static final int ROUNDS = 20_000;
  private static final int THREADS = 3;

  private final ServiceName[] services = new ServiceName[SERVICES];
  private final RuntimeId[] providers = new RuntimeId[SERVICES];
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private InMemoryRegistry registry;

  @TempDir private Path folder;

  @BeforeEach
  void register() throws Exception {
    for (int i = 0; i < SERVICES; i++) {
      services[i] = new ServiceName("acme.v1.S" + i);
      providers[i] = run("p", i);
    }
    registry =
        new InMemoryRegistry(
            new RegistryLimits(2, 2, 2 * SERVICES, 1, 1),
            Map.of(services[0], Selection.Plain.ROUND_ROBIN),
            new Random(1));
    for (int i = 0; i < SERVICES; i++) {
      registry.register(shared(providers[i], services[i]));
      registry.register(shared(providers[(i + 1) % SERVICES], services[i]));
      registry.reportHealth(providers[i], Health.HEALTHY);
    }
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
    timer.shutdownNow();
  }

  private void lookUp() throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      int one = i % SERVICES;
      registry.choose(services[one]);
      registry.choose(services[one], providers[one]);
      registry.behind(providers[one]);
    }
  }

  private void lookUpUnderTheLock() {
    for (int i = 0; i < ROUNDS; i++) {
      registry
          .discoverWithin(services[i % SERVICES], VersionRange.ANY, Duration.ZERO, timer)
          .join();
    }
  }

  /** The JVM's own work on this thread may count once: of several times the best is taken. */
  @Test
  void choose_allocatesNothing() throws Exception {
    ThreadMXBean allocations = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    lookUp();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long before = allocations.getCurrentThreadAllocatedBytes();
      lookUp();
      least = Math.min(least, allocations.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(least).as("bytes of %s rounds", ROUNDS).isLessThan(ROUNDS);
  }

  /** While others register and report, no look-up waits for a lock of ours. */
  @Test
  void choose_whileOthersComeAndGo_neverWaitsForALock() throws Exception {
    assertThat(waitsIn("lookUp", this::lookUp)).isEmpty();
  }

  /** The flight recorder sees a look-up that does wait, as the other test has it seen. */
  @Test
  void discoverWithin_whileTheLockIsHeld_isSeenToWait() throws Exception {
    registry.put(
        new HostClaims(
            new OtherHost(
                new SpiffeId.OfHost(new TrustDomain("acme.example"), "h-1"), "tcp:127.0.0.1:7070"),
            List.of(shared(run("theirs", 1), services[0])),
            Map.of()));
    CountDownLatch isHeld = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread looker = new Thread(this::lookUpUnderTheLock);
    Path file = folder.resolve("held.jfr");
    try (Recording recording = newRecording()) {
      Future<?> holder = threads.submit(() -> registry.believe(heldUntil(isHeld, release)));
      assertThat(isHeld.await(60, TimeUnit.SECONDS)).isTrue();
      looker.start();
      long begin = System.nanoTime();
      while (looker.getState() != Thread.State.BLOCKED) {
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(60));
        Thread.onSpinWait();
      }
      release.countDown();
      holder.get(60, TimeUnit.SECONDS);
      looker.join();
      recording.dump(file);
    }
    assertThat(waitsIn("lookUpUnderTheLock", file)).isNotEmpty();
  }

  /** Returns a rule that is asked, as all are, while the registry's lock is held. */
  private static HostRule heldUntil(CountDownLatch isHeld, CountDownLatch release) {
    return (host, claim) -> {
      isHeld.countDown();
      try {
        return release.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    };
  }

  private static Recording newRecording() {
    Recording recording = new Recording();
    recording.enable("jdk.JavaMonitorEnter").withThreshold(Duration.ZERO).withStackTrace();
    recording.enable("jdk.ThreadPark").withThreshold(Duration.ZERO).withStackTrace();
    recording.start();
    return recording;
  }

  private interface Step {
    void run() throws Exception;
  }

  private List<RecordedEvent> waitsIn(String method, Step step) throws Exception {
    step.run();
    AtomicBoolean over = new AtomicBoolean();
    Path file = folder.resolve(method + ".jfr");
    try (Recording recording = newRecording()) {
      Future<?> others = threads.submit(() -> comeAndGoUntil(over));
      List<Future<?>> looking = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        looking.add(
            threads.submit(
                () -> {
                  step.run();
                  return null;
                }));
      }
      for (Future<?> one : looking) {
        one.get(120, TimeUnit.SECONDS);
      }
      over.set(true);
      others.get(120, TimeUnit.SECONDS);
      recording.dump(file);
    }
    return waitsIn(method, file);
  }

  private Void comeAndGoUntil(AtomicBoolean over) throws Exception {
    RuntimeId visitor = run("visitor", 1);
    for (int i = 0; !over.get(); i++) {
      registry.reportHealth(visitor, i % 2 == 0 ? Health.HEALTHY : Health.UNHEALTHY);
      registry.reportHealth(providers[0], i % 2 == 0 ? Health.DEGRADED : Health.HEALTHY);
    }
    return null;
  }

  /** Returns the waits below {@code method} for a lock that our code takes, and not the JVM. */
  private static List<RecordedEvent> waitsIn(String method, Path file) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getStackTrace() != null)
        .filter(event -> isBelow(method, event.getStackTrace().getFrames()))
        .filter(event -> isOfOurs(event.getStackTrace().getFrames()))
        .toList();
  }

  private static boolean isBelow(String method, List<RecordedFrame> frames) {
    return frames.stream()
        .anyMatch(
            frame ->
                frame.getMethod().getName().equals(method)
                    && type(frame).equals(LookUpTest.class.getName()));
  }

  /** Who takes the lock: the first that is none of the classes of locks. */
  private static boolean isOfOurs(List<RecordedFrame> frames) {
    return frames.stream()
        .map(LookUpTest::type)
        .filter(type -> !type.startsWith("java.util.concurrent.") && !type.startsWith("jdk."))
        .findFirst()
        .filter(type -> type.startsWith("dev.tenon."))
        .isPresent();
  }

  private static String type(RecordedFrame frame) {
    return frame.getMethod().getType().getName();
  }
}
