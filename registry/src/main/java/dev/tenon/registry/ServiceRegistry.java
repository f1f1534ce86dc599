package dev.tenon.registry;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Which runs of plugins provide which services, and which of them can take calls now.
 *
 * <p>A provider is eligible after it has reported {@link Health#HEALTHY} or {@link
 * Health#DEGRADED}. Decides nothing about rights: whoever registers or asks was authorized before.
 * Thread-safe; what it returns is immutable and does not follow later changes.
 */
public interface ServiceRegistry {
  /** Returns an empty registry that lives in this process. */
  static ServiceRegistry inMemory() {
    return new InMemoryRegistry();
  }

  /**
   * Checks whether {@code claim} could be added now, and changes nothing.
   *
   * @throws ServiceTakenException as {@link #register} would
   */
  void check(Registration claim) throws ServiceTakenException;

  /**
   * Adds {@code claim}, in place of the same provider's earlier claim to the same service.
   *
   * @throws ServiceTakenException if another provider claims the service and one of the two claims
   *     is exclusive; nothing changes for the other
   * @throws IllegalArgumentException if another registration has the id
   */
  Registration register(Registration claim) throws ServiceTakenException;

  /**
   * Removes one claim and returns it.
   *
   * @throws RegistrationNotFoundException if there is none with {@code id}, or it is not of {@code
   *     owner}
   */
  Registration unregister(RuntimeId owner, String id) throws RegistrationNotFoundException;

  /** Removes and returns all claims of {@code provider} and forgets its health. Idempotent. */
  List<Registration> remove(RuntimeId provider);

  /**
   * Records what {@code provider} says of itself; it may do so before it registers. Once removed, a
   * run has ended, and the caller sees to it that it reports no more.
   */
  void reportHealth(RuntimeId provider, Health health);

  /** Returns the last report of {@code provider}, or empty before the first. */
  Optional<Health> health(RuntimeId provider);

  /**
   * Chooses the provider for one call: the first eligible one in the order of registration.
   *
   * @throws NoProviderException if none is eligible
   */
  Registration choose(ServiceName service) throws NoProviderException;

  /**
   * Returns the claim of {@code provider}, which the caller asked for by name.
   *
   * @throws ProviderNotFoundException if it does not provide {@code service}
   * @throws NoProviderException if it does and is not eligible
   */
  Registration choose(ServiceName service, RuntimeId provider)
      throws ProviderNotFoundException, NoProviderException;

  /** Finds the first eligible provider whose version is in {@code versions}. */
  Optional<Discovery> discover(ServiceName service, VersionRange versions);

  /**
   * Finds a provider as {@link #discover} does, as soon as there is one; completes empty when there
   * was none for {@code wait}. Cancelling the future ends the wait.
   *
   * <p>The future completes on the thread whose change it waited for, or on {@code timer}: what
   * depends on it must not block. The timer should remove cancelled tasks at once.
   *
   * @throws IllegalArgumentException if {@code wait} is negative
   * @throws java.util.concurrent.RejectedExecutionException if {@code timer} was shut down
   */
  CompletableFuture<Optional<Discovery>> discoverWithin(
      ServiceName service, VersionRange versions, Duration wait, ScheduledExecutorService timer);

  /** Returns the registration with {@code id}. */
  Optional<Registration> registration(String id);

  /** Returns all registrations, in the order of registration. */
  List<Registration> registrations();

  /** Returns all registrations of one provider, in the order of registration. */
  List<Registration> registrations(RuntimeId provider);

  /** Returns all registrations of one service, eligible or not, in the order of registration. */
  List<Registration> registrations(ServiceName service);
}
