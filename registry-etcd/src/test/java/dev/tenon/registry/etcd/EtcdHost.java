package dev.tenon.registry.etcd;

import static org.awaitility.Awaitility.await;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.awaitility.core.ConditionFactory;

/** Makes registries on an etcd, each for a host of its own. */
public final class EtcdHost {
  private static final AtomicLong NEXT = new AtomicLong();

  private EtcdHost() {}

  /** Returns a trust domain that nobody has used. */
  public static TrustDomain freshDomain() {
    return new TrustDomain("t" + NEXT.incrementAndGet() + ".test");
  }

  /** Returns the registry of {@code host}, which believes all others. */
  public static SharedRegistry open(EtcdStore store, TrustDomain domain, String host)
      throws RegistryUnavailableException {
    return open(store, domain, host, RegistryLimits.DEFAULT, Map.of(), new Random(1));
  }

  /** Returns the registry of {@code host} with these limits and selections. */
  public static SharedRegistry open(
      EtcdStore store,
      TrustDomain domain,
      String host,
      RegistryLimits limits,
      Map<ServiceName, Selection> selections,
      RandomGenerator random)
      throws RegistryUnavailableException {
    LocalRegistry local = ServiceRegistry.inMemory(limits, selections, random);
    local.believe((id, claim) -> true);
    SharedRegistry registry = store.open(local, new SpiffeId.OfHost(domain, host));
    registry.announce("tcp:127.0.0.1:" + (1 + (host.hashCode() & 0x7fff)));
    return registry;
  }

  /** Returns the settings of tests that outlive no lease, and wait long for each answer. */
  public static EtcdSettings settings(String endpoint) {
    return EtcdSettings.of(endpoint).lease(Duration.ofSeconds(60));
  }

  /** Returns the settings of tests about the end of leases: the shortest that there is. */
  public static EtcdSettings shortLease(String endpoint) {
    return EtcdSettings.of(endpoint).lease(EtcdSettings.LEAST_LEASE);
  }

  static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
  }

  /** Registers {@code claim}, whose provider is well. */
  static Registration healthy(ServiceRegistry registry, Registration claim) throws Exception {
    registry.register(claim);
    registry.reportHealth(claim.provider(), Health.HEALTHY);
    return claim;
  }

  /** Returns who would get a call now. */
  static Optional<Registration> chosen(ServiceRegistry registry, ServiceName service) {
    try {
      return Optional.of(registry.choose(service));
    } catch (NoProviderException e) {
      return Optional.empty();
    }
  }
}
