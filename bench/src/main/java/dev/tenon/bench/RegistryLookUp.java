package dev.tenon.bench;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import dev.tenon.registry.Registration;
import dev.tenon.registry.ServiceRegistry;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What the choice of a provider costs each call, among 10,000 services by 100 runs: by the service
 * alone, and by the service and the provider's id. Services are taken in turn.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RegistryLookUp {
  static final int SERVICES = 10_000;
  static final int RUNS = 100;

  /** How many of them are asked for; a power of two, so that {@link Turn} can wrap. */
  private static final int ASKED = 8_192;

  private final ServiceName[] services = new ServiceName[ASKED];
  private final RuntimeId[] providers = new RuntimeId[ASKED];
  private ServiceRegistry registry = empty();

  /** Makes a registry without registrations; {@link #open()} brings them. */
  public RegistryLookUp() {}

  static ServiceRegistry empty() {
    return ServiceRegistry.inMemory(
        new RegistryLimits(SERVICES / RUNS, 1, SERVICES, 1, 1), Map.of(), new Random(1));
  }

  static ServiceName service(int i) {
    return new ServiceName("acme.v1.Service" + i);
  }

  static RuntimeId provider(int service) {
    return RuntimeId.of(new PluginName("bench"), service % RUNS);
  }

  /** Registers all services in {@code registry}. */
  static void fill(ServiceRegistry registry) throws RefusedException {
    for (int i = 0; i < SERVICES; i++) {
      var unused =
          registry.register(
              new Registration(
                  String.format("%032x", i),
                  provider(i),
                  service(i),
                  new Version("1.0.0"),
                  Annotations.NONE,
                  Sharing.SHARED));
    }
    for (int i = 0; i < RUNS; i++) {
      registry.reportHealth(provider(i), Health.HEALTHY);
    }
  }

  /** Registers. */
  @Setup
  public void open() throws RefusedException {
    registry = empty();
    fill(registry);
    for (int i = 0; i < ASKED; i++) {
      services[i] = service(i);
      providers[i] = provider(i);
    }
  }

  /** By the service. */
  @Benchmark
  public Registration byService(Turn turn) throws RefusedException {
    return registry.choose(services[turn.next(ASKED)]);
  }

  /** By the service, and the provider that the caller named. */
  @Benchmark
  public Registration byServiceAndProvider(Turn turn) throws RefusedException {
    int one = turn.next(ASKED);
    return registry.choose(services[one], providers[one]);
  }
}
