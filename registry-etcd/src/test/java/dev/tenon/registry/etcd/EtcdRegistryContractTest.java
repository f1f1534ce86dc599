package dev.tenon.registry.etcd;

import dev.tenon.core.RegistryLimits;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.registry.LimitsContract;
import dev.tenon.registry.RegistryContract;
import dev.tenon.registry.SelectionContract;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.StandbyContract;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** A registry on etcd keeps to what every registry does, by the same assertions. */
class EtcdRegistryContractTest {
  @TempDir static Path folder;
  private static EtcdServer etcd;

  private final List<SharedRegistry> opened = new ArrayList<>();

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

  @AfterEach
  void closeRegistries() {
    opened.forEach(SharedRegistry::close);
  }

  private ServiceRegistry onEtcd(
      RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
      throws Exception {
    SharedRegistry registry =
        EtcdHost.open(
            EtcdStore.of(EtcdSettings.of(etcd.endpoint())),
            EtcdHost.freshDomain(),
            "alone",
            limits,
            selections,
            random);
    opened.add(registry);
    return registry;
  }

  @Nested
  class Claiming extends RegistryContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
        throws Exception {
      return onEtcd(limits, selections, random);
    }
  }

  @Nested
  class StandingBy extends StandbyContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
        throws Exception {
      return onEtcd(limits, selections, random);
    }
  }

  @Nested
  class Choosing extends SelectionContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
        throws Exception {
      return onEtcd(limits, selections, random);
    }
  }

  @Nested
  class Limited extends LimitsContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
        throws Exception {
      return onEtcd(limits, selections, random);
    }
  }
}
