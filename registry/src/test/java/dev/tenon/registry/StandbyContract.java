package dev.tenon.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A run that stands by to succeed another of its plugin. */
public abstract class StandbyContract implements Registries {
  private static final ServiceName SERVICE = new ServiceName("acme.v1.Greeter");
  private static final RuntimeId OLD = new RuntimeId("greeter-0000000000000001");
  private static final RuntimeId NEW = new RuntimeId("greeter-0000000000000002");
  private static final RuntimeId STRANGER = new RuntimeId("other-0000000000000001");

  private ServiceRegistry registry;
  private int ids;

  private Registration claim(RuntimeId provider, Sharing sharing) {
    return new Registration(
        "%032x".formatted(++ids),
        provider,
        SERVICE,
        new Version("1.0.0"),
        Annotations.NONE,
        sharing);
  }

  @BeforeEach
  void registerOld() throws Exception {
    registry = make();
    registry.register(claim(OLD, Sharing.EXCLUSIVE));
    registry.reportHealth(OLD, Health.HEALTHY);
  }

  private void standBy() throws Exception {
    registry.standBy(NEW);
    registry.register(claim(NEW, Sharing.EXCLUSIVE));
    registry.reportHealth(NEW, Health.HEALTHY);
  }

  /**
   * It may claim what its predecessor holds exclusively, and is no provider before it takes over;
   * then it is the only one. Row: RT-25.
   */
  @Test
  void takeOver_standsBy_isChosenFromThenOn() throws Exception {
    standBy();
    assertThat(registry.choose(SERVICE).provider()).isEqualTo(OLD);
    assertThat(registry.discover(SERVICE, VersionRange.ANY).orElseThrow().single()).isTrue();
    assertThatThrownBy(() -> registry.choose(SERVICE, NEW)).isInstanceOf(NoProviderException.class);

    assertThat(registry.takeOver(Set.of(NEW))).isTrue();

    assertThat(registry.choose(SERVICE).provider()).isEqualTo(NEW);
    assertThat(registry.registrations(OLD)).isEmpty();
    assertThat(registry.health(OLD)).isEmpty();
    assertThatThrownBy(() -> registry.register(claim(OLD, Sharing.EXCLUSIVE)))
        .as("it does not come back")
        .isInstanceOf(ServiceTakenException.class);
  }

  /** Nobody else may claim it, nor a run that does not stand by. Row: RG-5, RG-6. */
  @Test
  void register_noSuccessorOfItsPlugin_isRefused() throws Exception {
    registry.standBy(STRANGER);
    assertThatThrownBy(() -> registry.register(claim(STRANGER, Sharing.EXCLUSIVE)))
        .isInstanceOf(ServiceTakenException.class);
    assertThatThrownBy(() -> registry.register(claim(STRANGER, Sharing.SHARED)))
        .isInstanceOf(ServiceTakenException.class);
    assertThatThrownBy(() -> registry.register(claim(NEW, Sharing.EXCLUSIVE)))
        .isInstanceOf(ServiceTakenException.class);
    assertThat(registry.choose(SERVICE).provider()).isEqualTo(OLD);
  }

  /** One that has ended in the meantime takes nothing over. */
  @Test
  void takeOver_hasEnded_changesNothing() throws Exception {
    standBy();
    registry.remove(NEW);

    assertThat(registry.takeOver(Set.of(NEW))).isFalse();

    assertThat(registry.choose(SERVICE).provider()).isEqualTo(OLD);
    assertThatThrownBy(() -> registry.takeOver(Set.of()))
        .hasMessage("successors: [] (expected: runs of one plugin)");
    assertThatThrownBy(() -> registry.takeOver(Set.of(NEW, STRANGER)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Who waits for a provider has one as soon as there is a successor that is well. */
  @Test
  void takeOver_somebodyWaits_isAnswered() throws Exception {
    registry.reportHealth(OLD, Health.UNHEALTHY);
    ManualTimer timer = new ManualTimer();
    CompletableFuture<Optional<Discovery>> waiting =
        registry.discoverWithin(SERVICE, VersionRange.ANY, Duration.ofHours(1), timer);
    standBy();
    assertThat(waiting.isDone()).isFalse();

    assertThat(registry.takeOver(Set.of(NEW))).isTrue();

    assertThat(waiting.getNow(Optional.empty()))
        .hasValueSatisfying(found -> assertThat(found.registration().provider()).isEqualTo(NEW));
    assertThat(timer.pending()).isZero();
  }

  /** The end of another run leaves it what it is: no provider yet. */
  @Test
  void remove_anotherRun_itStandsByStill() throws Exception {
    standBy();

    registry.remove(STRANGER);
    registry.remove(OLD);

    assertThatThrownBy(() -> registry.choose(SERVICE)).isInstanceOf(NoProviderException.class);
    assertThat(registry.takeOver(Set.of(NEW))).isTrue();
    assertThat(registry.choose(SERVICE).provider()).isEqualTo(NEW);
  }

  /** Who watches another service is not told. */
  @Test
  void takeOver_watchOfAnotherPluginsService_isNotTold() throws Exception {
    registry.register(
        new Registration(
            "f".repeat(32),
            STRANGER,
            Claims.CLOCK,
            new Version("1.0.0"),
            Annotations.NONE,
            Sharing.SHARED));
    AtomicInteger told = new AtomicInteger();
    var unused = registry.watch(STRANGER, Claims.CLOCK, VersionRange.ANY, told::incrementAndGet);
    standBy();

    assertThat(registry.takeOver(Set.of(NEW))).isTrue();

    assertThat(told).hasValue(0);
  }

  /** For who watches, the service is never away. Row: LC-12. */
  @Test
  void watch_takeOver_isNeverUnavailable() throws Exception {
    List<Availability> seen = new ArrayList<>();
    Watch[] watch = new Watch[1];
    watch[0] =
        registry.watch(
            STRANGER, SERVICE, VersionRange.ANY, () -> watch[0].next().ifPresent(seen::add));
    watch[0].next().ifPresent(seen::add);

    standBy();
    assertThat(registry.takeOver(Set.of(NEW))).isTrue();

    assertThat(seen).extracting(Availability::state).containsOnly(Availability.State.AVAILABLE);
    assertThat(seen.get(seen.size() - 1).provider().orElseThrow().registration().provider())
        .isEqualTo(NEW);
  }
}
