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

import dev.tenon.core.Health;
import dev.tenon.core.Refusal;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.ServiceTakenException;
import dev.tenon.registry.SharedRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts on one etcd see each other's registrations, and take nothing from each other. */
class SharedRegistrationsTest {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId A2 = run("a", 3);
  private static final RuntimeId B = run("b", 2);

  @TempDir static Path folder;
  private static EtcdServer etcd;

  private final TrustDomain domain = EtcdHost.freshDomain();
  private SharedRegistry one;
  private SharedRegistry two;

  @BeforeAll
  static void startEtcd() throws Exception {
    etcd = EtcdServer.start(folder);
  }

  @AfterAll
  static void stopEtcd() throws Exception {
    if (etcd != null) {
      etcd.close();
    }
  }

  @BeforeEach
  void openBoth() throws Exception {
    one = open("one");
    two = open("two");
  }

  private SharedRegistry open(String host) throws Exception {
    return EtcdHost.open(EtcdStore.of(EtcdHost.settings(etcd.endpoint())), domain, host);
  }

  @AfterEach
  void closeBoth() {
    one.close();
    two.close();
  }

  /** What one host registers the other finds, with its place, until it is withdrawn. Row: RG-10. */
  @Test
  void register_onOneHost_otherFindsItUntilItEnds() throws Exception {
    Registration claim = healthy(one, shared(A, ECHO));

    soon().until(() -> chosen(two, ECHO).equals(Optional.of(claim)));
    assertThat(two.behind(A).map(OtherHost::id).orElseThrow().host()).isEqualTo("one");
    assertThat(one.behind(A)).isEmpty();
    assertThat(two.registrations(ECHO)).containsExactly(claim);
    assertThat(two.health(A)).contains(Health.HEALTHY);

    one.unregister(A, claim.id());

    soon().until(() -> two.registrations(ECHO).isEmpty());
  }

  /** A provider of another host that cannot serve gets no calls from here. Row: RG-13. */
  @Test
  void reportHealth_ofOneHost_otherFollows() throws Exception {
    healthy(one, shared(A, ECHO));
    soon().until(() -> chosen(two, ECHO).isPresent());

    one.reportHealth(A, Health.UNHEALTHY);

    soon().until(() -> chosen(two, ECHO).isEmpty());
  }

  /** What can be called stays one object until something changes, so that a listing of it can. */
  @Test
  void available_untilSomethingChanges_isTheSameOnEachHost() throws Exception {
    healthy(one, exclusive(A, ECHO));

    soon().untilAsserted(() -> assertThat(two.available()).containsOnlyKeys(ECHO));
    for (ServiceRegistry each : List.of(one, two)) {
      soon().untilAsserted(() -> assertThat(each.available()).isSameAs(each.available()));
    }
    one.remove(A);
    assertThat(one.available()).isEmpty();
  }

  /** An exclusive service has one provider on all hosts together. Row: RG-5. */
  @Test
  void register_exclusiveOfAnotherHost_refusedUntilItIsFree() throws Exception {
    Registration first = healthy(one, exclusive(A, ECHO));

    var refused =
        catchThrowableOfType(ServiceTakenException.class, () -> two.register(exclusive(B, ECHO)));
    assertThat(refused.refusal()).isEqualTo(Refusal.SERVICE_TAKEN);
    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> two.register(shared(B, ECHO)));
    assertThat(one.choose(ECHO)).isEqualTo(first);

    one.remove(A);

    Registration second = exclusive(B, ECHO);
    soon().until(() -> isRegistered(two, second));
    two.reportHealth(B, Health.HEALTHY);
    assertThat(two.choose(ECHO)).isEqualTo(second);
  }

  private static boolean isRegistered(ServiceRegistry registry, Registration claim) {
    try {
      registry.register(claim);
      return true;
    } catch (ServiceTakenException e) {
      return false;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Nor does anybody get it who comes to a service that several share. Row: RG-5. */
  @Test
  void register_exclusiveOverSharedOfAnotherHost_refused() throws Exception {
    one.register(shared(A, ECHO));

    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> two.register(exclusive(B, ECHO)));
  }

  /** Of claims at the same time on two hosts one wins, round after round. Row: RG-5, G3. */
  @Test
  void register_exclusiveByTwoHostsAtOnce_oneWins() throws Exception {
    for (int round = 0; round < 20; round++) {
      ServiceName service = new ServiceName("acme.v1.Round" + round);
      Registration here = exclusive(A, service);
      Registration there = exclusive(B, service);
      boolean[] won = new boolean[1];
      Thread other = new Thread(() -> won[0] = isRegistered(two, there));
      other.start();
      boolean first = isRegistered(one, here);
      other.join();

      assertThat(first ^ won[0]).as("round %d: %s, %s", round, first, won[0]).isTrue();
    }
  }

  /** A successor takes over on its own host, and the others see only it from then on. Row: RG-6. */
  @Test
  void takeOver_onOneHost_otherSeesTheSuccessorAlone() throws Exception {
    healthy(one, exclusive(A, ECHO));
    one.standBy(A2);
    Registration successor = healthy(one, exclusive(A2, ECHO));
    soon().until(() -> two.registrations(ECHO).size() == 2);
    healthy(one, shared(B, CLOCK));
    soon().until(() -> chosen(two, CLOCK).isPresent()); // and so all that was said before
    assertThat(two.choose(ECHO).provider()).isEqualTo(A);
    assertThatExceptionOfType(NoProviderException.class).isThrownBy(() -> two.choose(ECHO, A2));

    assertThat(one.takeOver(Set.of(A2))).isTrue();

    soon().until(() -> two.registrations(ECHO).equals(List.of(successor)));
    soon().until(() -> chosen(two, ECHO).equals(Optional.of(successor)));
  }

  /** A host that ends leaves nothing behind. Row: RG-9. */
  @Test
  void close_ofOneHost_otherForgetsItAndMayClaim() throws Exception {
    healthy(one, exclusive(A, ECHO));
    soon().until(() -> chosen(two, ECHO).isPresent());

    one.close();

    soon().until(() -> two.registrations().isEmpty());
    assertThat(isRegistered(two, exclusive(B, ECHO))).isTrue();
    assertThatExceptionOfType(RegistryUnavailableException.class)
        .isThrownBy(() -> one.register(shared(A, ECHO)));
  }

  /** Two hosts of one name would be one host twice. */
  @Test
  void open_nameOfALivingHost_refused() {
    EtcdRegistry second =
        new EtcdRegistry(
            EtcdHost.shortLease(etcd.endpoint()), // a start waits for it
            ServiceRegistry.inMemory(RegistryLimits.DEFAULT, Map.of(), new Random(1)),
            new SpiffeId.OfHost(domain, "one"),
            System::nanoTime);
    try {
      soon()
          .untilAsserted(
              () ->
                  assertThatExceptionOfType(RegistryUnavailableException.class)
                      .isThrownBy(() -> second.start(Duration.ofMillis(500)))
                      .withMessageContaining("is there already")
                      .satisfies(
                          refused -> assertThat(refused.refusal()).isEqualTo(Refusal.UNAVAILABLE)));
    } finally {
      second.close();
    }
  }
}
