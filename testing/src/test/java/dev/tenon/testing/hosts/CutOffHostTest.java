package dev.tenon.testing.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Availability;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.Watch;
import dev.tenon.registry.etcd.EtcdHost;
import dev.tenon.registry.etcd.EtcdServer;
import dev.tenon.registry.etcd.EtcdStore;
import dev.tenon.testing.FaultProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host that alone is cut off from etcd, and comes back. Attack: O7. */
class CutOffHostTest {
  private static final ServiceName ECHO = new ServiceName("acme.v1.Echo");
  private static final ServiceName CLOCK = new ServiceName("acme.v1.Clock");
  private static final RuntimeId A = new RuntimeId("a-0000000000000001");
  private static final RuntimeId B = new RuntimeId("b-0000000000000002");

  @TempDir Path folder;

  private final TrustDomain domain = EtcdHost.freshDomain();
  private EtcdServer etcd;
  private FaultProxy proxy;
  private SharedRegistry near;
  private SharedRegistry far;
  private int ids;

  @BeforeEach
  void open() throws Exception {
    etcd = EtcdServer.start(folder);
    proxy = FaultProxy.to(etcd.port());
    near = EtcdHost.open(EtcdStore.of(EtcdHost.settings(etcd.endpoint())), domain, "near");
  }

  private void openFar(Duration lease) throws Exception {
    far =
        EtcdHost.open(
            EtcdStore.of(EtcdHost.settings("http://127.0.0.1:" + proxy.port()).lease(lease)),
            domain,
            "far");
  }

  @AfterEach
  void close() {
    if (etcd != null) {
      proxy.close();
      etcd.kill();
      near.close();
      if (far != null) {
        far.close();
      }
      etcd.close();
    }
  }

  private Registration claim(RuntimeId provider, ServiceName service, Sharing sharing) {
    return new Registration(
        "%032x".formatted(++ids),
        provider,
        service,
        new Version("1.0.0"),
        Annotations.NONE,
        sharing);
  }

  private static Registration healthy(ServiceRegistry registry, Registration claim)
      throws Exception {
    registry.register(claim);
    registry.reportHealth(claim.provider(), Health.HEALTHY);
    return claim;
  }

  private static boolean canServe(ServiceRegistry registry, ServiceName service) {
    try {
      return registry.choose(service) != null;
    } catch (NoProviderException e) {
      return false;
    }
  }

  private static boolean servesItself(ServiceRegistry registry, ServiceName service) {
    try {
      return registry.chooseOwn(service) != null;
    } catch (NoProviderException e) {
      return false;
    }
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
  }

  private static void awaitAway(ServiceRegistry registry, Registration claim) {
    soon()
        .until(
            () -> {
              try {
                registry.check(claim);
                return false;
              } catch (Exception e) {
                return true;
              }
            });
  }

  /**
   * What happened while it was away, it learns when it is back, also if etcd has forgotten all of
   * it meanwhile; those who watch see the last state. Row: RG-16.
   */
  @Test
  void watch_historyCompactedMeanwhile_lastStateArrives() throws Exception {
    openFar(Duration.ofSeconds(60));
    Registration gone = healthy(near, claim(A, ECHO, Sharing.SHARED));
    soon().until(() -> canServe(far, ECHO));
    AtomicInteger told = new AtomicInteger();
    AtomicReference<Availability> seen = new AtomicReference<>();
    Watch watch = far.watch(B, ECHO, VersionRange.ANY, told::incrementAndGet);
    watch.next().ifPresent(seen::set);
    proxy.halfOpen();
    awaitAway(far, claim(B, CLOCK, Sharing.SHARED));

    near.unregister(A, gone.id());
    Registration stays = healthy(near, claim(A, CLOCK, Sharing.SHARED));
    soon().until(() -> etcd.keys() >= 4);
    etcd.compact();
    assertThat(canServe(far, ECHO)).as("what is known serves on").isTrue();
    proxy.heal();

    soon().until(() -> far.registrations().equals(List.of(stays)));
    soon()
        .until(
            () -> {
              watch.next().ifPresent(seen::set);
              return Availability.NONE.equals(seen.get());
            });
    assertThat(told.get()).isPositive();
  }

  /**
   * An owner that is cut off stops before its successor begins, and does not take the service back
   * when it returns, but when it is free again. Row: RG-5.
   */
  @Test
  void exclusiveService_ownerCutOff_passesToASuccessorAndNotBack() throws Exception {
    openFar(Duration.ofSeconds(8)); // Its end is awaited, and its answers may take two seconds.
    Registration former = healthy(far, claim(A, ECHO, Sharing.EXCLUSIVE));
    Registration next = claim(B, ECHO, Sharing.EXCLUSIVE);
    near.reportHealth(B, Health.HEALTHY);
    proxy.halfOpen();

    soon()
        .until(
            () -> {
              try {
                near.register(next);
                return true;
              } catch (Exception e) {
                return false;
              }
            });
    assertThat(servesItself(far, ECHO)).isFalse();
    assertThat(near.chooseOwn(ECHO)).isEqualTo(next);
    proxy.heal();

    soon().until(() -> far.behind(B).isPresent() && canServe(far, ECHO));
    assertThat(servesItself(far, ECHO)).isFalse();
    assertThat(far.choose(ECHO)).isEqualTo(next);
    assertThat(far.registrations(A)).containsExactly(former);
    near.remove(B);
    soon().until(() -> servesItself(far, ECHO));
  }
}
