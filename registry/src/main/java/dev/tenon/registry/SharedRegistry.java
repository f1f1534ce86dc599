package dev.tenon.registry;

/**
 * A registry that one host shares with others. While the store is away it answers what it knew
 * last, and refuses to register. {@link #register} waits for the store, for a few seconds at most;
 * nothing else blocks.
 */
public interface SharedRegistry extends ServiceRegistry, AutoCloseable {
  /**
   * Tells the other hosts where this one's data plane listens, as {@link OtherHost#endpoint}. They
   * see nothing of its plugins before.
   *
   * @throws IllegalArgumentException if it has another form
   */
  void announce(String endpoint);

  /** Takes everything of this host out of the store. Idempotent. */
  @Override
  void close();
}
