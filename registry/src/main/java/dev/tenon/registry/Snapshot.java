package dev.tenon.registry;

import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.VersionRange;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All claims and all health reports at one moment. Immutable: a change makes the next one, by a
 * {@link Change}, and costs what it changes and not what there is.
 */
final class Snapshot {
  static final Snapshot EMPTY =
      new Snapshot(
          new Claims(BucketMap.empty(), BucketMap.empty(), 0, 0),
          BucketMap.empty(),
          BucketMap.empty(),
          Others.NONE);

  private final Claims claims;

  /** This host's: a run is one of them before it claims, when it stands by or has reported. */
  private final BucketMap<RuntimeId, Run> runs;

  private final BucketMap<ServiceName, Offered> offered;

  /** What is behind other hosts, and what of it stands beside the own claims. */
  private final Others others;

  /** Made by who first asks; whoever comes at the same time makes an equal one. */
  private volatile @Nullable List<Registration> listed;

  /** As {@code listed}. */
  private volatile @Nullable SortedMap<ServiceName, Discovery> available;

  /** One claim, and its place in the order of registration. */
  record Numbered(long number, Registration claim) {}

  /**
   * The claims of this host's plugins.
   *
   * @param count how many there are
   * @param next the number of the next one
   */
  record Claims(
      BucketMap<String, Numbered> byId,
      BucketMap<ServiceName, List<Registration>> byService,
      int count,
      long next) {}

  Snapshot(
      Claims claims,
      BucketMap<RuntimeId, Run> runs,
      BucketMap<ServiceName, Offered> offered,
      Others others) {
    this.claims = claims;
    this.runs = runs;
    this.offered = offered;
    this.others = others;
  }

  Claims ownClaims() {
    return claims;
  }

  BucketMap<RuntimeId, Run> runs() {
    return runs;
  }

  BucketMap<ServiceName, Offered> offered() {
    return offered;
  }

  Others others() {
    return others;
  }

  /** Returns the snapshot with {@code claim}, which keeps the place of the one that it replaces. */
  Snapshot with(Registration claim) throws ServiceTakenException {
    Optional<Registration> replaced = sameOf(claim);
    Numbered holder = claims.byId().get(claim.id());
    if (holder != null && replaced.filter(holder.claim()::equals).isEmpty()) {
      throw new IllegalArgumentException("registration id: in use (expected: a new one)");
    }
    for (Registration other : offered(claim.service()).all()) {
      boolean isOwn = !isBehindOther(other.provider());
      if (!other.provider().equals(claim.provider())
          && (isOwn ? excludes(claim, other) : Offered.isExclusive(claim, other))) {
        throw new ServiceTakenException(claim, other);
      }
    }
    Change change = new Change(this);
    replaced.ifPresentOrElse(old -> change.replace(old, claim), () -> change.add(claim));
    return change.made();
  }

  /** Returns the claim that {@code claim} replaces: the same run's to the same service. */
  private Optional<Registration> sameOf(Registration claim) {
    return ownClaims(claim.provider()).stream()
        .filter(other -> other.service().equals(claim.service()))
        .findFirst();
  }

  /** A run that stands by and one of the same plugin do not exclude each other. */
  private boolean excludes(Registration claim, Registration other) {
    boolean isSuccession =
        claim.provider().plugin().equals(other.provider().plugin())
            && (run(claim.provider()).isStandby() || run(other.provider()).isStandby());
    return !isSuccession && Offered.isExclusive(claim, other);
  }

  private Run run(RuntimeId provider) {
    return runs.get(provider, Run.UNKNOWN);
  }

  Snapshot without(Registration claim) {
    Change change = new Change(this);
    change.remove(claim);
    return change.made();
  }

  /** Returns the snapshot without any claim or report of {@code provider}. */
  Snapshot without(RuntimeId provider) {
    Change change = new Change(this);
    ownClaims(provider).forEach(change::remove);
    change.put(provider, Run.UNKNOWN);
    return change.made();
  }

  /** Returns the snapshot in which {@code provider} gets no calls yet. */
  Snapshot withStandby(RuntimeId provider) {
    Change change = new Change(this);
    change.put(provider, run(provider).standby(true));
    return change.made();
  }

  /**
   * Returns the snapshot in which {@code successors} are the only runs of their plugin, or empty if
   * one of them does not stand by.
   */
  Optional<Snapshot> takenOver(Set<RuntimeId> successors) {
    if (!successors.stream().allMatch(run -> run(run).isStandby())) {
      return Optional.empty();
    }
    PluginName plugin = successors.iterator().next().plugin();
    Change change = new Change(this);
    ownRuns(plugin).filter(run -> !successors.contains(run)).forEach(change::retire);
    successors.forEach(run -> change.put(run, change.run(run).standby(false)));
    return Optional.of(change.made());
  }

  private Stream<RuntimeId> ownRuns(PluginName plugin) {
    return runs.keys().filter(run -> run.plugin().equals(plugin));
  }

  Snapshot with(RuntimeId provider, Health report) {
    if (run(provider).health().filter(last -> last == report).isPresent()) {
      return this;
    }
    Change change = new Change(this);
    change.put(provider, run(provider).with(report));
    return change.made();
  }

  /** Returns the snapshot in which claims of other hosts stand only if {@code rule} says so. */
  Snapshot believing(HostRule rule) {
    return with(others.believing(rule));
  }

  /**
   * Returns the snapshot with what one other host says, in place of all it said before.
   *
   * @throws LimitReachedException if the other hosts then say too much, all together
   */
  Snapshot with(HostClaims told, RegistryLimits limits) throws LimitReachedException {
    return with(others.with(told, limits));
  }

  /** Returns the snapshot without anything of {@code host}. */
  Snapshot without(SpiffeId.OfHost host) {
    return with(others.without(host));
  }

  private Snapshot with(Others next) {
    Change change = new Change(this);
    change.put(next);
    return change.made();
  }

  Optional<Health> health(RuntimeId provider) {
    Optional<Health> reported = run(provider).health();
    return reported.isEmpty() && isBehindOther(provider) ? others.health(provider) : reported;
  }

  Optional<OtherHost> behind(RuntimeId provider) {
    return isBehindOther(provider) ? others.host(provider) : Optional.empty();
  }

  private boolean isBehindOther(RuntimeId provider) {
    return runs.get(provider) == null;
  }

  private Offered offered(ServiceName service) {
    return offered.get(service, Offered.NOTHING);
  }

  /** Returns which of this host's plugins can take a call now; at least one. */
  List<Registration> ownCandidates(ServiceName service) throws NoProviderException {
    return some(service, offered(service).ownEligible());
  }

  /**
   * Returns who can take a call now, in the order of registration, own ones first; at least one.
   */
  List<Registration> candidates(ServiceName service) throws NoProviderException {
    return some(service, offered(service).eligible());
  }

  private static List<Registration> some(ServiceName service, List<Registration> candidates)
      throws NoProviderException {
    if (candidates.isEmpty()) {
      throw new NoProviderException(service);
    }
    return candidates;
  }

  Registration choose(ServiceName service, RuntimeId provider)
      throws ProviderNotFoundException, NoProviderException {
    Offered asked = offered(service);
    Registration found = of(provider, asked.eligible());
    if (found != null) {
      return found;
    }
    if (of(provider, asked.all()) != null) {
      throw new NoProviderException(service);
    }
    throw new ProviderNotFoundException(service, provider);
  }

  /* By index: an iterator would be an allocation for each call that names its provider. */
  private static @Nullable Registration of(RuntimeId provider, List<Registration> claims) {
    for (int i = 0; i < claims.size(); i++) {
      if (claims.get(i).provider().equals(provider)) {
        return claims.get(i);
      }
    }
    return null;
  }

  Optional<Discovery> discover(ServiceName service, VersionRange versions) {
    return first(eligible(service, versions));
  }

  private List<Registration> eligible(ServiceName service, VersionRange versions) {
    return offered(service).eligible().stream()
        .filter(claim -> versions.contains(claim.version()))
        .toList();
  }

  private static Optional<Discovery> first(List<Registration> found) {
    return found.stream().findFirst().map(first -> new Discovery(first, found.size() == 1));
  }

  Availability availability(ServiceName service, VersionRange versions) {
    List<Registration> found = eligible(service, versions);
    if (found.isEmpty()) {
      return Availability.NONE;
    }
    boolean healthy =
        found.stream()
            .anyMatch(claim -> health(claim.provider()).filter(Health.HEALTHY::equals).isPresent());
    return new Availability(
        healthy ? Availability.State.AVAILABLE : Availability.State.DEGRADED, first(found));
  }

  /** Returns what the runs of {@code plugin} have claimed, so what a change of them concerns. */
  Set<ServiceName> services(PluginName plugin) {
    Set<ServiceName> services = new HashSet<>();
    ownRuns(plugin).forEach(run -> services.addAll(services(run)));
    return services;
  }

  /** Returns what {@code provider} has claimed, so what a change of it concerns. */
  Set<ServiceName> services(RuntimeId provider) {
    return ownClaims(provider).stream().map(Registration::service).collect(toUnmodifiableSet());
  }

  /** Returns what the plugins of {@code host} provide, so what a change of it concerns. */
  Set<ServiceName> services(SpiffeId.OfHost host) {
    return others.services(host);
  }

  /** Returns what the plugins of all other hosts provide. */
  Set<ServiceName> othersServices() {
    return others.services();
  }

  /**
   * Checks that there is room for {@code claim}, or that it replaces one.
   *
   * @throws LimitReachedException if not
   */
  void requireRoom(Registration claim, RegistryLimits limits) throws LimitReachedException {
    if (sameOf(claim).isPresent()) {
      return;
    }
    requireRoom(
        "registrations of one run",
        ownClaims(claim.provider()).size(),
        limits.registrationsPerRun());
    requireRoom(
        "registrations of one service",
        claims.byService().get(claim.service(), List.of()).size(),
        limits.registrationsPerService());
    requireRoom("registrations in total", claims.count(), limits.registrationsInTotal());
  }

  private static void requireRoom(String what, int present, int limit)
      throws LimitReachedException {
    if (present >= limit) {
      throw new LimitReachedException(what, limit);
    }
  }

  /** Returns the claim of one of this host's plugins. */
  Optional<Registration> ownClaim(String id) {
    return Optional.ofNullable(claims.byId().get(id)).map(Numbered::claim);
  }

  List<Registration> ownClaims(RuntimeId provider) {
    return run(provider).claims();
  }

  Optional<Registration> claim(String id) {
    return ownClaim(id).or(() -> ofOthers().filter(claim -> claim.id().equals(id)).findFirst());
  }

  List<Registration> claims() {
    List<Registration> made = listed;
    if (made == null) {
      made =
          Stream.concat(
                  claims
                      .byId()
                      .values()
                      .sorted(Comparator.comparingLong(Numbered::number))
                      .map(Numbered::claim),
                  ofOthers())
              .toList();
      listed = made;
    }
    return made;
  }

  /** Returns each service that somebody can take calls for. */
  SortedMap<ServiceName, Discovery> available() {
    SortedMap<ServiceName, Discovery> made = available;
    if (made == null) {
      SortedMap<ServiceName, Discovery> all = new TreeMap<>();
      offered
          .values()
          .forEach(
              one ->
                  first(one.eligible())
                      .ifPresent(found -> all.put(found.registration().service(), found)));
      made = Collections.unmodifiableSortedMap(all);
      available = made;
    }
    return made;
  }

  private Stream<Registration> ofOthers() {
    return others.claims().filter(claim -> isBehindOther(claim.provider()));
  }

  List<Registration> claims(RuntimeId provider) {
    return isBehindOther(provider) ? others.claims(provider) : ownClaims(provider);
  }

  List<Registration> claims(ServiceName service) {
    return offered(service).all();
  }
}
