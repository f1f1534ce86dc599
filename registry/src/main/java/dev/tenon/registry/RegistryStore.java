package dev.tenon.registry;

import dev.tenon.core.SpiffeId;

/** Where several hosts share their registrations. An open interface: each store is a module. */
@FunctionalInterface
public interface RegistryStore {
  /**
   * Returns the registry of the host {@code self}, which answers from {@code local} and keeps that
   * up to date. Blocks until it knows what other hosts have registered.
   *
   * @throws RegistryUnavailableException if the store does not answer, or another host goes by the
   *     same name
   */
  SharedRegistry open(LocalRegistry local, SpiffeId.OfHost self)
      throws RegistryUnavailableException;
}
