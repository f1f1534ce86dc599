package dev.tenon.registry;

import dev.tenon.core.RegistryLimits;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Makes the registries that a contract is about: each is empty, and of a host that is alone. */
public interface Registries {
  /** Returns a registry with these limits and selections. */
  ServiceRegistry make(
      RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random)
      throws Exception;

  /** Returns a registry as a host has it that is not told otherwise. */
  default ServiceRegistry make() throws Exception {
    return make(RegistryLimits.DEFAULT, Map.of(), new Random(1));
  }
}
