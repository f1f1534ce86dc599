package dev.tenon.registry;

import static java.util.stream.Collectors.collectingAndThen;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.tenon.core.Health;
import dev.tenon.core.PluginName;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.VersionRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** All claims and all health reports at one moment. Immutable: a change makes the next one. */
final class Snapshot {
  static final Snapshot EMPTY = new Snapshot(List.of(), Map.of(), Set.of(), Others.NONE);

  /** Of this host's plugins, in the order of registration. */
  private final List<Registration> claims;

  private final Map<RuntimeId, Health> health;

  /** Those that claim and get no calls yet, because they are to succeed another run. */
  private final Set<RuntimeId> standbys;

  /** What is behind other hosts, and what of it stands beside the own claims. */
  private final Others others;

  private final List<Registration> ofOthers;

  /** The runs that are this host's; empty as long as there is nothing to tell them from. */
  private final Set<RuntimeId> own;

  private final Map<ServiceName, List<Registration>> providers;
  private final Map<ServiceName, List<Registration>> ownEligible;
  private final Map<ServiceName, List<Registration>> eligible;

  private Snapshot(
      List<Registration> claims,
      Map<RuntimeId, Health> health,
      Set<RuntimeId> standbys,
      Others others) {
    this.claims = List.copyOf(claims);
    this.health = Map.copyOf(health);
    this.standbys = Set.copyOf(standbys);
    this.others = others;
    Map<ServiceName, List<Registration>> ownProviders = byService(this.claims.stream());
    ownEligible = byService(this.claims.stream().filter(claim -> isEligible(claim.provider())));
    if (others.isEmpty()) {
      own = Set.of();
      ofOthers = List.of();
      providers = ownProviders;
      eligible = ownEligible;
    } else {
      own = runs(this.claims, this.health.keySet(), this.standbys);
      ofOthers = others.claims().filter(claim -> !own.contains(claim.provider())).toList();
      providers = byService(all());
      eligible =
          byService(
              Stream.concat(
                  this.claims.stream().filter(claim -> isEligible(claim.provider())),
                  ofOthers.stream()
                      .filter(claim -> others.isEligible(claim.provider()))
                      .filter(claim -> !isExcluded(claim, ownProviders))));
    }
  }

  /** A run is an own one before it claims: it stands by, or has reported. */
  private static Set<RuntimeId> runs(
      List<Registration> claims, Set<RuntimeId> reported, Set<RuntimeId> standbys) {
    Set<RuntimeId> runs = new HashSet<>(reported);
    runs.addAll(standbys);
    claims.forEach(claim -> runs.add(claim.provider()));
    return Set.copyOf(runs);
  }

  private Stream<Registration> all() {
    return Stream.concat(claims.stream(), ofOthers.stream());
  }

  /** Returns whether a plugin of this host excludes {@code claim}, which is another host's. */
  private static boolean isExcluded(
      Registration claim, Map<ServiceName, List<Registration>> ownProviders) {
    return ownProviders.getOrDefault(claim.service(), List.of()).stream()
        .anyMatch(other -> isExclusive(claim, other));
  }

  private static Map<ServiceName, List<Registration>> byService(Stream<Registration> claims) {
    return Map.copyOf(
        claims.collect(
            groupingBy(Registration::service, collectingAndThen(toList(), List::copyOf))));
  }

  private boolean isEligible(RuntimeId provider) {
    Health last = health.get(provider);
    return !standbys.contains(provider) && last != null && last.isEligible();
  }

  /** Returns the snapshot with {@code claim}, which keeps the place of the one that it replaces. */
  Snapshot with(Registration claim) throws ServiceTakenException {
    List<Registration> next = new ArrayList<>(claims);
    int place = next.size();
    for (int i = 0; i < claims.size(); i++) {
      Registration other = claims.get(i);
      boolean ours = other.provider().equals(claim.provider());
      if (ours && other.service().equals(claim.service())) {
        place = i;
      } else if (other.id().equals(claim.id())) {
        throw new IllegalArgumentException("registration id: in use (expected: a new one)");
      } else if (other.service().equals(claim.service()) && excludes(claim, other)) {
        throw new ServiceTakenException(claim, other);
      }
    }
    for (Registration other : ofOthers) {
      if (other.service().equals(claim.service()) && isExclusive(claim, other)) {
        throw new ServiceTakenException(claim, other);
      }
    }
    if (place < next.size()) {
      next.set(place, claim);
    } else {
      next.add(claim);
    }
    return new Snapshot(next, health, standbys, others);
  }

  /** A run that stands by and one of the same plugin do not exclude each other. */
  private boolean excludes(Registration claim, Registration other) {
    boolean isSuccession =
        claim.provider().plugin().equals(other.provider().plugin())
            && (standbys.contains(claim.provider()) || standbys.contains(other.provider()));
    return !isSuccession && isExclusive(claim, other);
  }

  private static boolean isExclusive(Registration claim, Registration other) {
    return claim.sharing() == Sharing.EXCLUSIVE || other.sharing() == Sharing.EXCLUSIVE;
  }

  Snapshot without(Registration claim) {
    return new Snapshot(where(other -> !other.equals(claim)), health, standbys, others);
  }

  /** Returns the snapshot without any claim or report of {@code provider}. */
  Snapshot without(RuntimeId provider) {
    Map<RuntimeId, Health> remaining = new HashMap<>(health);
    remaining.remove(provider);
    return new Snapshot(
        where(claim -> !claim.provider().equals(provider)),
        remaining,
        without(provider, standbys),
        others);
  }

  private static Set<RuntimeId> without(RuntimeId one, Set<RuntimeId> all) {
    return all.stream().filter(other -> !other.equals(one)).collect(toUnmodifiableSet());
  }

  /** Returns the snapshot in which {@code provider} gets no calls yet. */
  Snapshot withStandby(RuntimeId provider) {
    Set<RuntimeId> more = new HashSet<>(standbys);
    more.add(provider);
    return new Snapshot(claims, health, more, others);
  }

  /**
   * Returns the snapshot in which {@code successors} are the only runs of their plugin, or empty if
   * one of them does not stand by.
   */
  Optional<Snapshot> takenOver(Set<RuntimeId> successors) {
    if (!standbys.containsAll(successors)) {
      return Optional.empty();
    }
    PluginName plugin = successors.iterator().next().plugin();
    Predicate<RuntimeId> stays = run -> !run.plugin().equals(plugin) || successors.contains(run);
    Map<RuntimeId, Health> remaining = new HashMap<>(health);
    remaining.keySet().removeIf(stays.negate());
    Set<RuntimeId> standing = new HashSet<>(standbys);
    standing.removeAll(successors);
    return Optional.of(
        new Snapshot(where(claim -> stays.test(claim.provider())), remaining, standing, others));
  }

  Snapshot with(RuntimeId provider, Health report) {
    if (health.get(provider) == report) {
      return this;
    }
    Map<RuntimeId, Health> reports = new HashMap<>(health);
    reports.put(provider, report);
    return new Snapshot(claims, reports, standbys, others);
  }

  /** Returns the snapshot in which claims of other hosts stand only if {@code rule} says so. */
  Snapshot believing(HostRule rule) {
    return new Snapshot(claims, health, standbys, others.believing(rule));
  }

  /**
   * Returns the snapshot with what one other host says, in place of all it said before.
   *
   * @throws LimitReachedException if the other hosts then say too much, all together
   */
  Snapshot with(HostClaims told, RegistryLimits limits) throws LimitReachedException {
    return new Snapshot(claims, health, standbys, others.with(told, limits));
  }

  /** Returns the snapshot without anything of {@code host}. */
  Snapshot without(SpiffeId.OfHost host) {
    return new Snapshot(claims, health, standbys, others.without(host));
  }

  Optional<Health> health(RuntimeId provider) {
    Health reported = health.get(provider);
    return reported == null && isBehindOther(provider)
        ? others.health(provider)
        : Optional.ofNullable(reported);
  }

  Optional<OtherHost> behind(RuntimeId provider) {
    return isBehindOther(provider) ? others.host(provider) : Optional.empty();
  }

  private boolean isBehindOther(RuntimeId provider) {
    return !own.contains(provider);
  }

  /** Returns which of this host's plugins can take a call now; at least one. */
  List<Registration> ownCandidates(ServiceName service) throws NoProviderException {
    return candidates(service, ownEligible);
  }

  /**
   * Returns who can take a call now, in the order of registration, own ones first; at least one.
   */
  List<Registration> candidates(ServiceName service) throws NoProviderException {
    return candidates(service, eligible);
  }

  private static List<Registration> candidates(
      ServiceName service, Map<ServiceName, List<Registration>> eligible)
      throws NoProviderException {
    List<Registration> candidates = eligible.getOrDefault(service, List.of());
    if (candidates.isEmpty()) {
      throw new NoProviderException(service);
    }
    return candidates;
  }

  Registration choose(ServiceName service, RuntimeId provider)
      throws ProviderNotFoundException, NoProviderException {
    for (Registration claim : claims(service)) {
      if (claim.provider().equals(provider)) {
        if (eligible.getOrDefault(service, List.of()).contains(claim)) {
          return claim;
        }
        throw new NoProviderException(service);
      }
    }
    throw new ProviderNotFoundException(service, provider);
  }

  Optional<Discovery> discover(ServiceName service, VersionRange versions) {
    return first(eligible(service, versions));
  }

  private List<Registration> eligible(ServiceName service, VersionRange versions) {
    return eligible.getOrDefault(service, List.of()).stream()
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
    return claims.stream()
        .filter(claim -> claim.provider().plugin().equals(plugin))
        .map(Registration::service)
        .collect(toUnmodifiableSet());
  }

  /** Returns what {@code provider} has claimed, so what a change of it concerns. */
  Set<ServiceName> services(RuntimeId provider) {
    return claims.stream()
        .filter(claim -> claim.provider().equals(provider))
        .map(Registration::service)
        .collect(toUnmodifiableSet());
  }

  /** Returns what the plugins of {@code host} provide, so what a change of it concerns. */
  Set<ServiceName> services(SpiffeId.OfHost host) {
    return others.services(host);
  }

  /** Returns what the plugins of all other hosts provide. */
  Set<ServiceName> othersServices() {
    return others.claims().map(Registration::service).collect(toUnmodifiableSet());
  }

  /**
   * Checks that there is room for {@code claim}, or that it replaces one.
   *
   * @throws LimitReachedException if not
   */
  void requireRoom(Registration claim, RegistryLimits limits) throws LimitReachedException {
    List<Registration> own = ownClaims(claim.provider());
    if (own.stream().anyMatch(other -> other.service().equals(claim.service()))) {
      return;
    }
    requireRoom("registrations of one run", own, limits.registrationsPerRun());
    requireRoom(
        "registrations of one service",
        where(other -> other.service().equals(claim.service())),
        limits.registrationsPerService());
    requireRoom("registrations in total", claims, limits.registrationsInTotal());
  }

  private static void requireRoom(String what, List<Registration> present, int limit)
      throws LimitReachedException {
    if (present.size() >= limit) {
      throw new LimitReachedException(what, limit);
    }
  }

  /** Returns the claim of one of this host's plugins. */
  Optional<Registration> ownClaim(String id) {
    return claims.stream().filter(claim -> claim.id().equals(id)).findFirst();
  }

  List<Registration> ownClaims(RuntimeId provider) {
    return where(claim -> claim.provider().equals(provider));
  }

  Optional<Registration> claim(String id) {
    return all().filter(claim -> claim.id().equals(id)).findFirst();
  }

  List<Registration> claims() {
    return all().toList();
  }

  List<Registration> claims(RuntimeId provider) {
    return all().filter(claim -> claim.provider().equals(provider)).toList();
  }

  List<Registration> claims(ServiceName service) {
    return providers.getOrDefault(service, List.of());
  }

  private List<Registration> where(Predicate<Registration> condition) {
    return claims.stream().filter(condition).toList();
  }
}
