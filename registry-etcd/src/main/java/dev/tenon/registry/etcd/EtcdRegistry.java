package dev.tenon.registry.etcd;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.Discovery;
import dev.tenon.registry.Fitness;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.NoProviderException;
import dev.tenon.registry.OtherHost;
import dev.tenon.registry.ProviderNotFoundException;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.RegistryUnavailableException;
import dev.tenon.registry.ServiceTakenException;
import dev.tenon.registry.SharedRegistry;
import dev.tenon.registry.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A registry whose claims are shared through etcd. Answers come from the local registry, which
 * holds what is known of all hosts; etcd says whose an exclusive service is. Thread-safe.
 */
final class EtcdRegistry implements SharedRegistry {
  /*
   * Who asks for a provider reads the lease first and the local registry then. The session does it the
   * other way round: it takes exclusive claims out of the local registry first, and gets a new lease then.
   * So a claim that was another's meanwhile is never paired with a lease that came later.
   */
  private final LocalRegistry local;
  private final OwnClaims own;
  private final HeldLease lease;
  private final EtcdSession session;
  private final Duration settingsLease;

  EtcdRegistry(
      EtcdSettings settings, LocalRegistry local, SpiffeId.OfHost self, LongSupplier nanoTime) {
    this.local = local;
    own = new OwnClaims(local);
    lease = new HeldLease(nanoTime);
    settingsLease = settings.lease();
    session = new EtcdSession(settings, self, local, own, lease);
  }

  /**
   * Waits until the host is known in etcd.
   *
   * @throws RegistryUnavailableException if etcd does not answer in {@code most}, or the host is
   *     known there under another lease that does not end
   */
  void start(Duration most) throws RegistryUnavailableException {
    session.start();
    try {
      session.ready().get(most.toNanos(), NANOSECONDS);
    } catch (TimeoutException e) {
      if (!session.isNameTaken()) {
        throw new RegistryUnavailableException(session.trouble());
      }
      awaitFormerRun();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryUnavailableException("interrupted");
    } catch (ExecutionException e) {
      throw new IllegalStateException("etcd", e);
    }
  }

  private void awaitFormerRun() throws RegistryUnavailableException {
    try {
      session.ready().get(settingsLease.toNanos(), NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RegistryUnavailableException(session.trouble());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryUnavailableException("interrupted");
    } catch (ExecutionException e) {
      throw new IllegalStateException("etcd", e);
    }
  }

  @Override
  public void announce(String endpoint) {
    session.announce(endpoint);
  }

  @Override
  public void close() {
    session.close();
  }

  @Override
  public void check(Registration claim)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException {
    session.requireConnected();
    local.check(claim);
  }

  @Override
  public Registration register(Registration claim)
      throws ServiceTakenException, LimitReachedException, RegistryUnavailableException {
    return session.register(requireNonNull(claim, "claim"));
  }

  @Override
  public Registration unregister(RuntimeId owner, String id) throws RegistrationNotFoundException {
    Registration removed = own.remove(requireNonNull(owner, "owner"), requireNonNull(id, "id"));
    session.changed();
    return removed;
  }

  @Override
  public void standBy(RuntimeId provider) {
    own.standBy(requireNonNull(provider, "provider"));
    local.standBy(provider);
  }

  @Override
  public boolean takeOver(Set<RuntimeId> successors) {
    if (!local.takeOver(successors)) {
      return false;
    }
    own.takenOver(successors);
    session.changed();
    return true;
  }

  @Override
  public List<Registration> remove(RuntimeId provider) {
    List<Registration> removed = new ArrayList<>(own.remove(requireNonNull(provider, "provider")));
    removed.addAll(local.remove(provider));
    session.changed();
    return List.copyOf(removed);
  }

  @Override
  public void reportHealth(RuntimeId provider, Health health) {
    local.reportHealth(provider, health);
    session.changed();
  }

  @Override
  public Optional<Health> health(RuntimeId provider) {
    return local.health(provider);
  }

  @Override
  public Registration choose(ServiceName service, Fitness fitness, String key)
      throws NoProviderException {
    HeldLease.Term term = lease.term();
    return held(local.choose(service, fitness, key), term);
  }

  @Override
  public Registration chooseOwn(ServiceName service, Fitness fitness, String key)
      throws NoProviderException {
    HeldLease.Term term = lease.term();
    return held(local.chooseOwn(service, fitness, key), term);
  }

  @Override
  public Registration choose(ServiceName service, RuntimeId provider)
      throws ProviderNotFoundException, NoProviderException {
    HeldLease.Term term = lease.term();
    return held(local.choose(service, provider), term);
  }

  private Registration held(Registration chosen, HeldLease.Term term) throws NoProviderException {
    if (isHeld(chosen, term)) {
      return chosen;
    }
    throw new NoProviderException(chosen.service());
  }

  /** The lease counts for exclusive claims of this host; others answer for theirs. */
  private boolean isHeld(Registration claim, HeldLease.Term term) {
    return claim.sharing() == Sharing.SHARED
        || local.behind(claim.provider()).isPresent()
        || lease.isHeld(term);
  }

  @Override
  public Optional<OtherHost> behind(RuntimeId provider) {
    return local.behind(provider);
  }

  @Override
  public Optional<Discovery> discover(ServiceName service, VersionRange versions) {
    HeldLease.Term term = lease.term();
    return local.discover(service, versions).filter(found -> isHeld(found.registration(), term));
  }

  @Override
  public CompletableFuture<Optional<Discovery>> discoverWithin(
      ServiceName service, VersionRange versions, Duration wait, ScheduledExecutorService timer) {
    return local.discoverWithin(service, versions, wait, timer);
  }

  @Override
  public Watch watch(
      RuntimeId watcher, ServiceName service, VersionRange versions, Runnable changed)
      throws LimitReachedException {
    return local.watch(watcher, service, versions, changed);
  }

  @Override
  public Watch watchNothing(RuntimeId watcher) throws LimitReachedException {
    return local.watchNothing(watcher);
  }

  @Override
  public Optional<Registration> registration(String id) {
    Optional<Registration> served = local.registration(id);
    return served.isPresent() ? served : own.find(id);
  }

  @Override
  public List<Registration> registrations() {
    return withAside(local.registrations(), claim -> true);
  }

  @Override
  public List<Registration> registrations(RuntimeId provider) {
    return withAside(local.registrations(provider), claim -> claim.provider().equals(provider));
  }

  @Override
  public List<Registration> registrations(ServiceName service) {
    return withAside(local.registrations(service), claim -> claim.service().equals(service));
  }

  /** All is held or shared but for a while; then what was lost is left out for each who asks. */
  @Override
  public SortedMap<ServiceName, Discovery> available() {
    HeldLease.Term term = lease.term();
    SortedMap<ServiceName, Discovery> known = local.available();
    if (lease.isHeld(term)) {
      return known;
    }
    SortedMap<ServiceName, Discovery> held = new TreeMap<>(known);
    held.values().removeIf(found -> !isHeld(found.registration(), term));
    return Collections.unmodifiableSortedMap(held);
  }

  /** What is set aside is registered all the same, and whoever may end it finds it. */
  private List<Registration> withAside(List<Registration> served, Predicate<Registration> which) {
    List<Registration> aside = own.aside().stream().filter(which).toList();
    if (aside.isEmpty()) {
      return served;
    }
    List<Registration> all = new ArrayList<>(served);
    aside.stream().filter(claim -> !served.contains(claim)).forEach(all::add);
    return List.copyOf(all);
  }
}
