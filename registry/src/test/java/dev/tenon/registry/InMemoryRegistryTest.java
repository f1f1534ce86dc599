package dev.tenon.registry;

import dev.tenon.core.RegistryLimits;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Nested;

/** The registry in memory keeps to what every registry does. */
class InMemoryRegistryTest {
  private static ServiceRegistry inMemory(
      RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
    return ServiceRegistry.inMemory(limits, selections, random);
  }

  @Nested
  class Claiming extends RegistryContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
      return inMemory(limits, selections, random);
    }
  }

  @Nested
  class StandingBy extends StandbyContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
      return inMemory(limits, selections, random);
    }
  }

  @Nested
  class Choosing extends SelectionContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
      return inMemory(limits, selections, random);
    }
  }

  @Nested
  class Limited extends LimitsContract {
    @Override
    public ServiceRegistry make(
        RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
      return inMemory(limits, selections, random);
    }
  }
}
