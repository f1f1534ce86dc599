package dev.tenon.registry;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toUnmodifiableMap;
import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Selection;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.VersionRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A registry in the memory of one host. Thread-safe. */
final class InMemoryRegistry implements LocalRegistry {
  /*
   * Writers take `lock`, build the next snapshot from the current one, and publish it with a
   * volatile write. Readers take no lock: they load `current` once and work on what they loaded.
   *
   * Under the same lock a writer takes the waiters that its snapshot answers off the list; it
   * completes their futures after the lock is released, because completing runs code of others.
   * Nothing is called out to while `lock` is held. A waiter is added under the lock after a second
   * look at `current`, so no change falls between looking and waiting. Whoever completes a future
   * (a writer, the timer, or its owner by cancelling) thereby ends the wait: one action on the
   * future takes the waiter off the list and its task off the timer.
   *
   * Watches of what a writer changed are told after `lock` is released as well; they read `current`
   * themselves, so that it does not matter in which order two writers tell them.
   */
  private final Object lock = new Object();
  private final Set<Waiter> waiters = Collections.newSetFromMap(new IdentityHashMap<>());
  private final RegistryLimits limits;
  private final Map<ServiceName, Turns> turns;
  private final Map<ServiceName, Turns> ownTurns;
  private final Watchers watchers;
  private volatile Snapshot current = Snapshot.EMPTY;

  InMemoryRegistry(
      RegistryLimits limits, Map<ServiceName, Selection> selections, RandomGenerator random) {
    this.limits = requireNonNull(limits, "limits");
    turns = turns(selections, random);
    ownTurns = turns(selections, random);
    watchers = new Watchers(limits, () -> current);
  }

  private static Map<ServiceName, Turns> turns(
      Map<ServiceName, Selection> selections, RandomGenerator random) {
    return selections.entrySet().stream()
        .collect(toUnmodifiableMap(Map.Entry::getKey, one -> Turns.of(one.getValue(), random)));
  }

  @Override
  public void check(Registration claim) throws ServiceTakenException, LimitReachedException {
    var unused = with(claim);
  }

  private Snapshot with(Registration claim) throws ServiceTakenException, LimitReachedException {
    Snapshot before = current;
    before.requireRoom(claim, limits);
    return before.with(claim);
  }

  @Override
  public Registration register(Registration claim)
      throws ServiceTakenException, LimitReachedException {
    requireNonNull(claim, "claim");
    List<Answer> answers;
    synchronized (lock) {
      answers = publish(with(claim));
    }
    answers.forEach(Answer::deliver);
    watchers.tell(Set.of(claim.service()));
    return claim;
  }

  @Override
  public Registration unregister(RuntimeId owner, String id) throws RegistrationNotFoundException {
    requireNonNull(owner, "owner");
    requireNonNull(id, "id");
    Registration claim;
    synchronized (lock) {
      claim =
          current
              .ownClaim(id)
              .orElseThrow(
                  () -> new RegistrationNotFoundException(RegistrationNotFoundException.UNKNOWN));
      if (!claim.provider().equals(owner)) {
        throw new RegistrationNotFoundException(RegistrationNotFoundException.NOT_THE_OWNER);
      }
      current = current.without(claim);
    }
    watchers.tell(Set.of(claim.service()));
    return claim;
  }

  @Override
  public void standBy(RuntimeId provider) {
    requireNonNull(provider, "provider");
    synchronized (lock) {
      current = current.withStandby(provider);
    }
  }

  @Override
  public boolean takeOver(Set<RuntimeId> successors) {
    if (successors.stream().map(RuntimeId::plugin).distinct().count() != 1) {
      throw new IllegalArgumentException(
          "successors: " + successors + " (expected: runs of one plugin)");
    }
    List<Answer> answers;
    Set<ServiceName> concerned = new HashSet<>();
    synchronized (lock) {
      Optional<Snapshot> next = current.takenOver(successors);
      if (next.isEmpty()) {
        return false;
      }
      concerned.addAll(current.services(successors.iterator().next().plugin()));
      answers = publish(next.get());
    }
    answers.forEach(Answer::deliver);
    watchers.tell(concerned);
    return true;
  }

  @Override
  public List<Registration> remove(RuntimeId provider) {
    requireNonNull(provider, "provider");
    List<Registration> removed;
    synchronized (lock) {
      removed = current.ownClaims(provider);
      current = current.without(provider);
    }
    watchers.tell(removed.stream().map(Registration::service).collect(toUnmodifiableSet()));
    return removed;
  }

  @Override
  public void reportHealth(RuntimeId provider, Health health) {
    requireNonNull(provider, "provider");
    requireNonNull(health, "health");
    List<Answer> answers;
    Set<ServiceName> concerned;
    synchronized (lock) {
      Snapshot next = current.with(provider, health);
      concerned = next.equals(current) ? Set.of() : next.services(provider);
      answers = publish(next);
    }
    answers.forEach(Answer::deliver);
    watchers.tell(concerned);
  }

  @Override
  public void believe(HostRule rule) {
    requireNonNull(rule, "rule");
    List<Answer> answers;
    Set<ServiceName> concerned = new HashSet<>();
    synchronized (lock) {
      Snapshot next = current.believing(rule);
      concerned.addAll(current.othersServices());
      concerned.addAll(next.othersServices());
      answers = publish(next);
    }
    answers.forEach(Answer::deliver);
    watchers.tell(concerned);
  }

  @Override
  public void put(HostClaims claims) throws LimitReachedException {
    requireNonNull(claims, "claims");
    List<Answer> answers;
    Set<ServiceName> concerned = new HashSet<>();
    synchronized (lock) {
      Snapshot next = current.with(claims, limits);
      concerned.addAll(current.services(claims.host().id()));
      concerned.addAll(next.services(claims.host().id()));
      answers = publish(next);
    }
    answers.forEach(Answer::deliver);
    watchers.tell(concerned);
  }

  @Override
  public void remove(SpiffeId.OfHost host) {
    requireNonNull(host, "host");
    Set<ServiceName> concerned;
    synchronized (lock) {
      concerned = current.services(host);
      current = current.without(host);
    }
    watchers.tell(concerned);
  }

  /** Publishes {@code next} and takes the waiters that it answers off the list; needs the lock. */
  private List<Answer> publish(Snapshot next) {
    current = next;
    List<Answer> answers = new ArrayList<>();
    for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
      Waiter waiter = each.next();
      Optional<Discovery> found = waiter.lookUp(next);
      if (found.isPresent()) {
        each.remove();
        answers.add(new Answer(waiter, found));
      }
    }
    return answers;
  }

  @Override
  public Optional<Health> health(RuntimeId provider) {
    return current.health(provider);
  }

  @Override
  public Registration choose(ServiceName service, Fitness fitness, String key)
      throws NoProviderException {
    List<Registration> fit = fitness.fit(current.candidates(service));
    return turns.getOrDefault(service, Turns.FIRST).next(fit, fitness, key);
  }

  @Override
  public Registration chooseOwn(ServiceName service, Fitness fitness, String key)
      throws NoProviderException {
    List<Registration> fit = fitness.fit(current.ownCandidates(service));
    return ownTurns.getOrDefault(service, Turns.FIRST).next(fit, fitness, key);
  }

  @Override
  public Optional<OtherHost> behind(RuntimeId provider) {
    return current.behind(provider);
  }

  @Override
  public Registration choose(ServiceName service, RuntimeId provider)
      throws ProviderNotFoundException, NoProviderException {
    return current.choose(service, provider);
  }

  @Override
  public Optional<Discovery> discover(ServiceName service, VersionRange versions) {
    return current.discover(service, versions);
  }

  @Override
  public CompletableFuture<Optional<Discovery>> discoverWithin(
      ServiceName service, VersionRange versions, Duration wait, ScheduledExecutorService timer) {
    requireNonNull(timer, "timer");
    if (wait.isNegative()) {
      throw new IllegalArgumentException("wait: " + wait + " (expected: >= 0)");
    }
    Waiter waiter = new Waiter(service, versions);
    synchronized (lock) {
      Optional<Discovery> found = waiter.lookUp(current);
      if (found.isPresent() || wait.isZero()) {
        return CompletableFuture.completedFuture(found);
      }
      waiters.add(waiter);
    }
    endAfter(waiter, wait, timer);
    return waiter.answer();
  }

  private void endAfter(Waiter waiter, Duration wait, ScheduledExecutorService timer) {
    Future<?> timeout;
    try {
      timeout =
          timer.schedule(
              () -> waiter.answer().complete(Optional.empty()),
              wait.toNanos(),
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      forget(waiter);
      throw e;
    }
    var unused =
        waiter
            .answer()
            .whenComplete(
                (found, failure) -> {
                  timeout.cancel(/* mayInterruptIfRunning= */ false);
                  forget(waiter);
                });
  }

  private void forget(Waiter waiter) {
    synchronized (lock) {
      waiters.remove(waiter);
    }
  }

  @Override
  public Watch watch(
      RuntimeId watcher, ServiceName service, VersionRange versions, Runnable changed)
      throws LimitReachedException {
    requireNonNull(watcher, "watcher");
    return watchers.open(watcher, Optional.of(new Watchers.Target(service, versions)), changed);
  }

  @Override
  public Watch watchNothing(RuntimeId watcher) throws LimitReachedException {
    requireNonNull(watcher, "watcher");
    return watchers.open(watcher, Optional.empty(), () -> {});
  }

  /** Returns how many watches are open. */
  int watches() {
    return watchers.open();
  }

  /** Returns how many questions wait for a provider. */
  int waiting() {
    synchronized (lock) {
      return waiters.size();
    }
  }

  @Override
  public Optional<Registration> registration(String id) {
    return current.claim(id);
  }

  @Override
  public List<Registration> registrations() {
    return current.claims();
  }

  @Override
  public List<Registration> registrations(RuntimeId provider) {
    return current.claims(provider);
  }

  @Override
  public List<Registration> registrations(ServiceName service) {
    return current.claims(service);
  }

  @Override
  public SortedMap<ServiceName, Discovery> available() {
    return current.available();
  }

  /** What a waiter is told once the lock is released. */
  private record Answer(Waiter waiter, Optional<Discovery> found) {
    void deliver() {
      waiter.answer().complete(found);
    }
  }
}
