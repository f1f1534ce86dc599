package dev.tenon.registry;

import dev.tenon.core.SpiffeId;

/**
 * Which claims of other hosts are believed. Must be thread-safe, block on nothing and not throw: it
 * is asked while the registry changes.
 */
@FunctionalInterface
public interface HostRule {
  /** Believes nobody. */
  HostRule NONE = (host, claim) -> false;

  /** Returns whether {@code claim} may stand, which {@code host} says one of its plugins made. */
  boolean believes(SpiffeId.OfHost host, Registration claim);
}
