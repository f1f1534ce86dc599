package dev.tenon.registry;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Waiting for a provider: it ends by a change, by time, or by the caller, and leaves nothing. */
class DiscoverWithinTest {
  private static final RuntimeId A = run("a", 1);
  private static final Duration WAIT = Duration.ofSeconds(60);

  private final InMemoryRegistry registry = Claims.registry();
  private final ManualTimer timer = new ManualTimer();

  @AfterEach
  void nothingIsLeft() {
    assertThat(registry.waiting()).isZero();
    assertThat(timer.pending()).isZero();
  }

  private CompletableFuture<Optional<Discovery>> ask(String versions) {
    return registry.discoverWithin(ECHO, VersionRange.parse(versions), WAIT, timer);
  }

  @Test
  void discoverWithin_providerThere_completeAtOnce() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);
    Registration claim = registry.register(shared(A, ECHO));

    assertThat(ask("")).isCompletedWithValue(Optional.of(new Discovery(claim, true)));
  }

  @Test
  void discoverWithin_registeredThenHealthy_completesOnHealth() throws Exception {
    var answer = ask("");
    Registration claim = registry.register(shared(A, ECHO));
    assertThat(answer).isNotDone();

    registry.reportHealth(A, Health.DEGRADED);

    assertThat(answer).isCompletedWithValue(Optional.of(new Discovery(claim, true)));
  }

  @Test
  void discoverWithin_healthyThenRegistered_completesOnRegister() throws Exception {
    registry.reportHealth(A, Health.HEALTHY);
    var answer = ask("");
    registry.register(shared(A, CLOCK));
    assertThat(answer).isNotDone();

    Registration claim = registry.register(shared(A, ECHO));

    assertThat(answer).isCompletedWithValue(Optional.of(new Discovery(claim, true)));
  }

  @Test
  void discoverWithin_versionOutOfRange_waitsForOneInRange() throws Exception {
    var answer = ask(">=2.0.0");
    registry.reportHealth(A, Health.HEALTHY);
    registry.register(shared(A, ECHO, "1.9.9"));
    assertThat(answer).isNotDone();

    Registration next = registry.register(shared(A, ECHO, "2.0.0"));

    assertThat(answer).isCompletedWithValue(Optional.of(new Discovery(next, true)));
  }

  @Test
  void discoverWithin_timePasses_empty() {
    var answer = ask("");

    timer.elapse(WAIT.minusNanos(1));
    assertThat(answer).isNotDone();
    timer.elapse(Duration.ofNanos(1));

    assertThat(answer).isCompletedWithValue(Optional.empty());
  }

  @Test
  void discoverWithin_noWait_emptyAtOnce() {
    assertThat(registry.discoverWithin(ECHO, VersionRange.ANY, Duration.ZERO, timer))
        .isCompletedWithValue(Optional.empty());
  }

  @Test
  void discoverWithin_negativeWait_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> registry.discoverWithin(ECHO, VersionRange.ANY, Duration.ofNanos(-1), timer))
        .withMessageContaining("(expected: >= 0)");
  }

  @Test
  void discoverWithin_cancelled_forgotten() {
    var answer = ask("");
    assertThat(registry.waiting()).isEqualTo(1);

    answer.cancel(true);

    assertThat(registry.waiting()).isZero();
    assertThat(timer.pending()).isZero();
  }

  @Test
  void discoverWithin_timerShutDown_rejectedAndForgotten() {
    timer.shutdown();

    assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> ask(""));
  }

  @Test
  void discoverWithin_manyAsk_allAnswered() throws Exception {
    var first = ask("");
    var second = ask("");
    registry.reportHealth(A, Health.HEALTHY);

    registry.register(shared(A, ECHO));

    assertThat(first).isCompletedWithValueMatching(Optional::isPresent);
    assertThat(second).isCompletedWithValueMatching(Optional::isPresent);
  }

  /** Another thread can change the registry while a completed answer still runs its dependents. */
  @Test
  void discoverWithin_completed_lockIsFree() throws Exception {
    AtomicReference<Optional<Health>> seen = new AtomicReference<>(Optional.empty());
    var dependent =
        ask("")
            .thenAccept(
                found -> {
                  CompletableFuture.runAsync(() -> registry.reportHealth(A, Health.DEGRADED))
                      .orTimeout(60, TimeUnit.SECONDS)
                      .join();
                  seen.set(registry.health(A));
                });
    registry.reportHealth(A, Health.HEALTHY);

    registry.register(shared(A, ECHO));

    assertThat(dependent).isCompleted();
    assertThat(seen.get()).contains(Health.DEGRADED);
  }

  @Test
  void discoverWithin_dependentThrows_writerUndisturbed() throws Exception {
    var dependent =
        ask("")
            .thenAccept(
                found -> {
                  throw new IllegalStateException("a fault of the asker");
                });
    registry.reportHealth(A, Health.HEALTHY);

    Registration claim = registry.register(shared(A, ECHO));

    assertThat(dependent).isCompletedExceptionally();
    assertThat(registry.choose(ECHO)).isEqualTo(claim);
  }
}
