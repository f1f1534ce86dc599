package dev.tenon.registry;

import java.util.Optional;

/**
 * Follows who provides a service. Whoever watches is told that something may have changed and asks
 * here what is so now: who is slow, or busy, gets the latest state and skips those between.
 * Thread-safe.
 */
public interface Watch extends AutoCloseable {
  /**
   * Returns the present state if it is another than at the last call; at the first call always.
   * Empty as well once the watch was closed.
   */
  Optional<Availability> next();

  /** Ends the watch and makes room for another one. Idempotent. */
  @Override
  void close();
}
