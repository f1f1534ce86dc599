package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.CLOCK;
import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static dev.tenon.registry.etcd.EtcdHost.chosen;
import static dev.tenon.registry.etcd.EtcdHost.healthy;
import static dev.tenon.registry.etcd.EtcdHost.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.Refusal;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Availability;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.Watch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hosts do while their etcd is down, frozen, or was never there. Attack: O7. */
class EtcdAwayTest {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);
  private static final RuntimeId WATCHER = run("watcher", 9);

  /** Longer than the lease of the tests. */
  private static final Duration LONG = Duration.ofSeconds(70);

  private static final Duration AWAY = Duration.ofSeconds(Integer.getInteger("tenon.etcd.away", 0));

  @TempDir Path folder;

  private final TrustDomain domain = EtcdHost.freshDomain();
  private final TurnedClock clockOfOne = new TurnedClock();
  private EtcdServer etcd;
  private SharedRegistry one;
  private SharedRegistry two;

  @BeforeEach
  void open() throws Exception {
    etcd = EtcdServer.start(folder);
    EtcdStore store =
        EtcdStore.of(
            AWAY.isZero()
                ? EtcdHost.settings(etcd.endpoint())
                : EtcdHost.shortLease(etcd.endpoint()));
    one = EtcdHost.open(store.clock(clockOfOne), domain, "one");
    two = EtcdHost.open(store, domain, "two");
  }

  @AfterEach
  void close() {
    if (etcd != null) {
      etcd.kill();
      one.close();
      two.close();
      etcd.close();
    }
  }

  /** What is shared serves on for as long as etcd is away, at home and behind the other host. */
  @Test
  void choose_sharedWhileEtcdIsDown_servesOn() throws Exception {
    Registration claim = healthy(one, shared(A, ECHO));
    soon().until(() -> chosen(two, ECHO).equals(Optional.of(claim)));

    etcd.kill();
    awaitRefusal(two);
    clockOfOne.advance(Duration.ofDays(30));

    assertThat(one.choose(ECHO)).isEqualTo(claim);
    assertThat(two.choose(ECHO)).isEqualTo(claim);
  }

  private static void awaitRefusal(ServiceRegistry registry) {
    soon()
        .untilAsserted(
            () ->
                assertThatExceptionOfType(RegistryUnavailableException.class)
                    .isThrownBy(() -> registry.check(shared(B, CLOCK))));
  }

  /** Nobody can register then, and nothing of the attempt is left, also not when etcd is back. */
  @Test
  void register_whileEtcdIsFrozen_unavailableAndNothingIsLeft() throws Exception {
    etcd.freeze();

    var refused =
        catchThrowableOfType(
            RegistryUnavailableException.class, () -> one.register(exclusive(A, ECHO)));

    assertThat(refused.refusal()).isEqualTo(Refusal.UNAVAILABLE);
    assertThat(refused.auditReason()).isEqualTo("the store of registrations does not answer");
    assertThat(one.registrations()).isEmpty();
    awaitRefusal(one);
    etcd.thaw();
    Registration other = exclusive(B, ECHO);
    soon().until(() -> isRegistered(two, other));
    assertThat(one.registrations(A)).isEmpty();
  }

  private static boolean isRegistered(ServiceRegistry registry, Registration claim) {
    try {
      registry.register(claim);
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  /**
   * An exclusive service is served until the lease has run out by the owner's own clock, and from
   * that moment on not once more, without anybody telling it; those who watch are told.
   */
  @Test
  void choose_exclusiveAfterItsLease_nobodyAndWatchersAreTold() throws Exception {
    Registration claim = healthy(one, exclusive(A, ECHO));
    Watch watch = one.watch(WATCHER, ECHO, VersionRange.ANY, () -> {});
    assertThat(watch.next().orElseThrow().state()).isEqualTo(Availability.State.AVAILABLE);
    etcd.freeze();
    assertThat(one.choose(ECHO)).isEqualTo(claim);

    clockOfOne.advance(LONG);

    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> one.choose(ECHO));
    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> one.chooseOwn(ECHO));
    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> one.choose(ECHO, A));
    assertThat(one.discover(ECHO, VersionRange.ANY)).isEmpty();
    assertThat(one.available()).isEmpty();
    soon().until(() -> watch.next().equals(Optional.of(Availability.NONE)));
    assertThat(one.registrations(ECHO)).containsExactly(claim);

    etcd.thaw();

    soon().until(() -> chosen(one, ECHO).equals(Optional.of(claim)));
  }

  /** What ends while etcd is away is gone here at once, and for the others when it is back. */
  @Test
  void remove_whileEtcdIsDown_goneHereAtOnceAndThereLater() throws Exception {
    Registration stays = healthy(one, shared(A, ECHO));
    Registration goes = healthy(one, shared(B, CLOCK));
    soon().until(() -> two.registrations().size() == 2);
    etcd.kill();

    assertThat(one.unregister(B, goes.id())).isEqualTo(goes);

    assertThat(one.registrations()).containsExactly(stays);
    etcd.restart();
    soon().until(() -> two.registrations().equals(List.of(stays)));
  }

  /**
   * Over a stop and a new start of etcd no choice fails, and news arrive again. With {@code
   * -Dtenon.etcd.away=30} it is away for so many seconds, far longer than the lease. Row: RG-16.
   */
  @Test
  void choose_whileEtcdRestarts_neverFailsAndHostsConverge() throws Exception {
    Registration claim = healthy(one, shared(A, ECHO));
    soon().until(() -> chosen(two, ECHO).equals(Optional.of(claim)));
    AtomicInteger failed = new AtomicInteger();
    Thread caller =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                if (chosen(two, ECHO).isEmpty() || chosen(one, ECHO).isEmpty()) {
                  failed.incrementAndGet();
                }
                Thread.onSpinWait();
              }
            });
    caller.start();

    etcd.kill();
    awaitRefusal(one);
    LockSupport.parkNanos(AWAY.toNanos());
    etcd.restart();
    long back = System.nanoTime();
    Registration news = shared(B, CLOCK);
    soon().until(() -> isRegistered(one, news));
    soon().until(() -> two.registrations(CLOCK).equals(List.of(news)));
    System.out.printf(
        "away for %s: %d ms from etcd's return until the other host knew what was new%n",
        AWAY, Duration.ofNanos(System.nanoTime() - back).toMillis());
    caller.interrupt();
    caller.join();

    assertThat(failed).hasValue(0);
  }

  /** A host that has never reached etcd does not start as if it were alone. */
  @Test
  void start_noEtcdThere_refusedWithItsPlace() throws Exception {
    try (Socket nobody = new Socket()) {
      nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // and never listens
      String endpoint = "http://127.0.0.1:" + nobody.getLocalPort();
      EtcdRegistry registry =
          new EtcdRegistry(
              EtcdHost.settings(endpoint),
              ServiceRegistry.inMemory(RegistryLimits.DEFAULT, Map.of(), new Random(1)),
              new SpiffeId.OfHost(domain, "three"),
              System::nanoTime);
      try {
        soon()
            .untilAsserted(
                () ->
                    assertThatExceptionOfType(RegistryUnavailableException.class)
                        .isThrownBy(() -> registry.start(Duration.ofMillis(100)))
                        .withMessageContaining("etcd at " + endpoint));
      } finally {
        registry.close();
      }
    }
  }
}
