package dev.tenon.registry;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Which runs of plugins provide which services, and which of them can take calls now.
 *
 * <p>Providers behind other hosts are among them, if the host shares its registrations ({@link
 * LocalRegistry}).
 *
 * <p>A provider is eligible after it has reported {@link Health#HEALTHY} or {@link
 * Health#DEGRADED}. Decides nothing about rights: whoever registers or asks was authorized before.
 * Thread-safe; what it returns is immutable and does not follow later changes.
 */
public interface ServiceRegistry {
  /** The key of a call that brought none. */
  String NO_KEY = "";

  /** Returns an empty registry that lives in this process, with the usual limits. */
  static LocalRegistry inMemory() {
    return inMemory(RegistryLimits.DEFAULT, Map.of(), () -> ThreadLocalRandom.current().nextLong());
  }

  /**
   * Returns an empty registry that lives in this process and chooses by {@code selections}, for all
   * other services the first provider; {@code random} is thread-safe.
   */
  static LocalRegistry inMemory(
      RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
    return new InMemoryRegistry(limits, selections, random);
  }

  /**
   * Checks whether {@code claim} could be added now, and changes nothing.
   *
   * @throws ServiceTakenException as {@link #register} would
   * @throws LimitReachedException as {@link #register} would
   * @throws RegistryUnavailableException as {@link #register} would
   */
  void check(Registration claim)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException;

  /**
   * Adds {@code claim}, in place of the same provider's earlier claim to the same service.
   *
   * @throws ServiceTakenException if another provider claims the service and one of the two claims
   *     is exclusive; nothing changes for the other
   * @throws LimitReachedException if it would be one more than the registry keeps
   * @throws RegistryUnavailableException if it is shared with other hosts and what they share it
   *     through does not answer
   * @throws IllegalArgumentException if another registration has the id
   */
  Registration register(Registration claim)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException;

  /**
   * Removes one claim and returns it.
   *
   * @throws RegistrationNotFoundException if there is none with {@code id}, or it is not of {@code
   *     owner}
   */
  Registration unregister(RuntimeId owner, String id) throws RegistrationNotFoundException;

  /**
   * Keeps {@code provider}, which has claimed nothing yet, out of every choice until it takes over:
   * what it claims meanwhile is no provider to anybody. It may claim what another run of its own
   * plugin, and no other, holds exclusively. Ends when it is removed.
   */
  void standBy(RuntimeId provider);

  /**
   * Puts {@code successors}, runs of one plugin that stand by, in the place of all other runs of
   * it: those lose their claims in the same step, and whoever looks sees either all of it or
   * nothing.
   *
   * @return false, and nothing has changed, if one of them does not stand by any more
   * @throws IllegalArgumentException if they are of several plugins, or none
   */
  boolean takeOver(Set<RuntimeId> successors);

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
   * Chooses the provider for one call, by the selection of the service, among those that are
   * eligible. Nothing else in this interface changes whose turn it is.
   *
   * @throws NoProviderException if none is eligible
   */
  default Registration choose(ServiceName service) throws NoProviderException {
    return choose(service, Fitness.UNKNOWN, NO_KEY);
  }

  /**
   * Chooses as {@link #choose(ServiceName)} does, among those that {@code fitness} finds fit.
   *
   * @param key what {@link dev.tenon.core.Selection.Plain#STICKY} goes by; {@link #NO_KEY} if
   *     nothing
   * @throws NoProviderException if none is eligible
   */
  Registration choose(ServiceName service, Fitness fitness, String key) throws NoProviderException;

  /**
   * Chooses as {@link #choose(ServiceName)} does, among the plugins of this host alone.
   *
   * @throws NoProviderException if none of them is eligible
   */
  default Registration chooseOwn(ServiceName service) throws NoProviderException {
    return chooseOwn(service, Fitness.UNKNOWN, NO_KEY);
  }

  /**
   * Chooses as {@link #choose(ServiceName, Fitness, String)} does, among the plugins of this host
   * alone.
   *
   * @throws NoProviderException if none of them is eligible
   */
  Registration chooseOwn(ServiceName service, Fitness fitness, String key)
      throws NoProviderException;

  /**
   * Returns the other host behind which {@code provider} is, or empty if it is one of this host or
   * unknown. Takes no lock and allocates nothing.
   */
  Optional<OtherHost> behind(RuntimeId provider);

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

  /**
   * Watches who provides a service. Calls {@code changed}, without any lock and on the thread that
   * made the change, each time when {@link Watch#next} may bring something new; that must neither
   * block nor throw. It is not called for the first state, which is there to be asked for.
   *
   * @throws LimitReachedException if {@code watcher} or the service has as many watches as the
   *     registry keeps
   */
  Watch watch(RuntimeId watcher, ServiceName service, VersionRange versions, Runnable changed)
      throws LimitReachedException;

  /**
   * Opens a watch that sees nothing, for who may not know what it asked for. It counts among those
   * of {@code watcher} like any other, and among those of no service.
   *
   * @throws LimitReachedException if {@code watcher} has as many watches as the registry keeps
   */
  Watch watchNothing(RuntimeId watcher) throws LimitReachedException;

  /** Returns the registration with {@code id}. */
  Optional<Registration> registration(String id);

  /** Returns all registrations, in the order of registration; those of other hosts last. */
  List<Registration> registrations();

  /** Returns all registrations of one provider, in the order of registration. */
  List<Registration> registrations(RuntimeId provider);

  /** Returns all registrations of one service, eligible or not, in the order of registration. */
  List<Registration> registrations(ServiceName service);

  /**
   * Returns each service that a provider can take calls for now, with what {@link #discover} finds
   * for it in any version. What a registry remembers of it is the same object until something
   * changes.
   */
  default SortedMap<ServiceName, Discovery> available() {
    SortedMap<ServiceName, Discovery> available = new TreeMap<>();
    registrations().stream()
        .map(Registration::service)
        .distinct()
        .forEach(
            service ->
                discover(service, VersionRange.ANY)
                    .ifPresent(found -> available.put(service, found)));
    return Collections.unmodifiableSortedMap(available);
  }
}
