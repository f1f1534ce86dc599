package dev.tenon.registry.etcd;

import static dev.tenon.registry.Claims.ECHO;
import static dev.tenon.registry.Claims.exclusive;
import static dev.tenon.registry.Claims.run;
import static dev.tenon.registry.Claims.shared;
import static dev.tenon.registry.etcd.EtcdHost.chosen;
import static dev.tenon.registry.etcd.EtcdHost.healthy;
import static dev.tenon.registry.etcd.EtcdHost.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Availability;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.ServiceTakenException;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd of three members, whose leader dies. */
class EtcdMembersTest {
  private static final RuntimeId A = run("a", 1);
  private static final RuntimeId B = run("b", 2);
  private static final RuntimeId WATCHER = run("watcher", 9);

  /** The leader dies between the first and the last of so many claims. */
  private static final int CLAIMS = 12;

  @TempDir Path folder;

  private final TrustDomain domain = EtcdHost.freshDomain();
  private final List<EtcdServer> members = new ArrayList<>();
  private final List<SharedRegistry> opened = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    members.addAll(EtcdServer.startThree(folder));
  }

  @AfterEach
  void close() {
    opened.forEach(SharedRegistry::close);
    members.forEach(EtcdServer::close);
  }

  /** Returns the registry of {@code host}, which asks {@code first} before the others. */
  private SharedRegistry open(String host, EtcdServer first) throws Exception {
    List<String> endpoints = new ArrayList<>(List.of(first.endpoint()));
    members.stream().filter(member -> member != first).forEach(m -> endpoints.add(m.endpoint()));
    EtcdSettings settings =
        EtcdSettings.of(endpoints.toArray(String[]::new)).lease(Duration.ofSeconds(60));
    SharedRegistry registry = EtcdHost.open(EtcdStore.of(settings), domain, host);
    opened.add(registry);
    return registry;
  }

  private EtcdServer leader() {
    return soon()
        .until(() -> members.stream().filter(EtcdServer::isLeader).findFirst(), Optional::isPresent)
        .orElseThrow();
  }

  private static boolean isRegistered(ServiceRegistry registry, Registration claim)
      throws Exception {
    try {
      registry.register(claim);
      return true;
    } catch (RegistryUnavailableException e) {
      return false;
    }
  }

  private static ServiceName service(int number) {
    return new ServiceName("acme.v1.Number" + number);
  }

  /**
   * Hosts at the leader and at a follower register before and after its death, and each learns all
   * of the other's claims: nothing is missing where the watch was taken up again. The owner of an
   * exclusive service serves all the time, and nobody else gets it. Row: RG-5, RG-16.
   */
  @Test
  void register_whileTheLeaderIsKilled_goesOnWithoutAGap() throws Exception {
    EtcdServer leader = leader();
    EtcdServer follower =
        members.stream().filter(member -> member != leader).findFirst().orElseThrow();
    SharedRegistry one = open("one", leader);
    SharedRegistry two = open("two", follower);
    Registration owned = healthy(one, exclusive(A, ECHO));
    Watch watch = two.watch(WATCHER, service(CLAIMS - 1), VersionRange.ANY, () -> {});
    assertThat(watch.next()).contains(Availability.NONE);
    soon().until(() -> chosen(two, ECHO).equals(Optional.of(owned)));
    AtomicInteger lost = new AtomicInteger();
    Thread caller =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                if (!chosen(one, ECHO).equals(Optional.of(owned)) || chosen(two, ECHO).isEmpty()) {
                  lost.incrementAndGet();
                }
                Thread.onSpinWait();
              }
            });
    caller.start();

    List<Registration> claims = new ArrayList<>();
    for (int i = 0; i < CLAIMS; i++) {
      Registration claim = shared(i % 2 == 0 ? A : B, service(i));
      SharedRegistry at = i % 2 == 0 ? one : two;
      soon().until(() -> isRegistered(at, claim));
      claims.add(claim);
      if (i == CLAIMS / 2) {
        leader.kill();
      }
    }
    two.reportHealth(B, Health.HEALTHY);

    soon().until(() -> one.registrations().containsAll(claims));
    soon().until(() -> two.registrations().containsAll(claims));
    soon()
        .until(
            () ->
                watch
                    .next()
                    .filter(news -> news.state() == Availability.State.AVAILABLE)
                    .isPresent());
    assertThatExceptionOfType(ServiceTakenException.class)
        .isThrownBy(() -> two.register(exclusive(B, ECHO)));
    caller.interrupt();
    caller.join();
    assertThat(lost).hasValue(0);
    assertThat(leader()).isNotSameAs(leader);
  }
}
