package dev.tenon.registry.etcd;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.RegistryStore;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.SharedRegistry;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Shares the registrations of hosts of one trust domain through etcd. Immutable. */
public final class EtcdStore implements RegistryStore {
  /** How long a start waits for etcd. */
  private static final Duration START = Duration.ofSeconds(10);

  private final EtcdSettings settings;
  private final LongSupplier nanoTime;

  private EtcdStore(EtcdSettings settings, LongSupplier nanoTime) {
    this.settings = requireNonNull(settings, "settings");
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
  }

  /** Returns the store that {@code settings} describe. */
  public static EtcdStore of(EtcdSettings settings) {
    return new EtcdStore(settings, System::nanoTime);
  }

  /**
   * Returns the same store for a host whose clock is {@code nanoTime}, which never goes back; for
   * tests of what a wrong clock does.
   */
  public EtcdStore clock(LongSupplier nanoTime) {
    return new EtcdStore(settings, nanoTime);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A host that was killed is in etcd until its lease has run out: its next start waits for
   * that, so that nobody serves what the former run might serve still.
   */
  @Override
  public SharedRegistry open(LocalRegistry local, SpiffeId.OfHost self)
      throws RegistryUnavailableException {
    EtcdRegistry registry =
        new EtcdRegistry(settings, requireNonNull(local, "local"), self, nanoTime);
    try {
      registry.start(START);
      return registry;
    } catch (RegistryUnavailableException e) {
      registry.close();
      throw e;
    }
  }
}
