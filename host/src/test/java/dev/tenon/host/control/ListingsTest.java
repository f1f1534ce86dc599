package dev.tenon.host.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.v1.ListedService;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What callers are shown is made once. {@code -Dtenon.listings=N} sets how often it is asked for.
 *
 * <p>Row: FD-2
 */
class ListingsTest {
  private static final int CALLS = Integer.getInteger("tenon.listings", 20_000);
  private static final int SERVICES = 100;
  private static final RuntimeId PROVIDER = RuntimeId.of(new PluginName("provider"), 1);
  private static final Identity CALLER =
      new Identity(
          new SpiffeId.OfPlugin(
              new SpiffeId.OfHost(new TrustDomain("example.org"), "one"),
              RuntimeId.of(new PluginName("caller"), 1)),
          Identity.Evidence.SVID);

  private final ServiceRegistry registry = ServiceRegistry.inMemory();
  private final Listings listings =
      new Listings(registry, Map.of(new ServiceName("acme.v1.OfHost"), new Version("2.0.0")));
  private Policy policy;

  private static Policy allowing(String services) throws Exception {
    return Policy.parse(
        """
        [[rule]]
        id = "all"
        effect = "allow"
        caller = "caller"
        service = "%s"
        """
            .formatted(services));
  }

  @BeforeEach
  void register() throws Exception {
    policy = allowing("acme.v1.*");
    for (int i = 0; i < SERVICES; i++) {
      register(i);
    }
    registry.reportHealth(PROVIDER, Health.HEALTHY);
  }

  private Registration register(int i) throws Exception {
    return registry.register(
        new Registration(
            String.format("%032x", i),
            PROVIDER,
            new ServiceName("acme.v1.S" + i),
            new Version("1.0.0"),
            Annotations.NONE,
            Sharing.SHARED));
  }

  private List<String> shown() {
    return listings.of(CALLER, policy).shown().getServicesList().stream()
        .map(ListedService::getService)
        .toList();
  }

  /** The JVM's own work on this thread may count once: of several times the best is taken. */
  @Test
  void of_nothingChanged_isTheSameAndAllocatesNothing() {
    Listings.Listing first = listings.of(CALLER, policy);
    ThreadMXBean allocations = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 5; round++) {
      long before = allocations.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        if (!isSame(listings.of(CALLER, policy), first)) {
          throw new AssertionError("made again without a change");
        }
      }
      least = Math.min(least, allocations.getCurrentThreadAllocatedBytes() - before);
    }

    assertThat(first.shown().getServicesCount()).isEqualTo(SERVICES + 1);
    assertThat(least).as("bytes of %s listings", CALLS).isLessThan(CALLS);
  }

  private static boolean isSame(Object one, Object other) {
    return one == other;
  }

  @Test
  void of_registrationEndsOrComes_showsItInTheNextListing() throws Exception {
    assertThat(shown()).hasSize(SERVICES + 1).contains("acme.v1.S7");

    registry.unregister(PROVIDER, String.format("%032x", 7));
    assertThat(shown()).hasSize(SERVICES).doesNotContain("acme.v1.S7");
    register(7);
    assertThat(shown()).hasSize(SERVICES + 1);
    registry.reportHealth(PROVIDER, Health.UNHEALTHY);
    assertThat(shown()).containsExactly("acme.v1.OfHost");
    registry.reportHealth(PROVIDER, Health.DEGRADED);
    assertThat(shown()).hasSize(SERVICES + 1);
  }

  @Test
  void of_anotherPolicy_showsItInTheNextListing() throws Exception {
    assertThat(shown()).hasSize(SERVICES + 1);

    policy = allowing("acme.v1.S1");

    assertThat(shown()).containsExactly("acme.v1.S1");
    assertThat(listings.of(CALLER, policy).leftOut()).hasSize(SERVICES);
  }
}
