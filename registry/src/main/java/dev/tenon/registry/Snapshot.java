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
  static final Snapshot EMPTY = new Snapshot(List.of(), Map.of(), Set.of());

  /** In the order of registration. */
  private final List<Registration> claims;

  private final Map<RuntimeId, Health> health;

  /** Those that claim and get no calls yet, because they are to succeed another run. */
  private final Set<RuntimeId> standbys;

  private final Map<ServiceName, List<Registration>> providers;
  private final Map<ServiceName, List<Registration>> eligible;

  private Snapshot(
      List<Registration> claims, Map<RuntimeId, Health> health, Set<RuntimeId> standbys) {
    this.claims = List.copyOf(claims);
    this.health = Map.copyOf(health);
    this.standbys = Set.copyOf(standbys);
    providers = byService(this.claims.stream());
    eligible = byService(this.claims.stream().filter(claim -> isEligible(claim.provider())));
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
    if (place < next.size()) {
      next.set(place, claim);
    } else {
      next.add(claim);
    }
    return new Snapshot(next, health, standbys);
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
    return new Snapshot(where(other -> !other.equals(claim)), health, standbys);
  }

  /** Returns the snapshot without any claim or report of {@code provider}. */
  Snapshot without(RuntimeId provider) {
    Map<RuntimeId, Health> remaining = new HashMap<>(health);
    remaining.remove(provider);
    return new Snapshot(
        where(claim -> !claim.provider().equals(provider)), remaining, without(provider, standbys));
  }

  private static Set<RuntimeId> without(RuntimeId one, Set<RuntimeId> all) {
    return all.stream().filter(other -> !other.equals(one)).collect(toUnmodifiableSet());
  }

  /** Returns the snapshot in which {@code provider} gets no calls yet. */
  Snapshot withStandby(RuntimeId provider) {
    Set<RuntimeId> more = new HashSet<>(standbys);
    more.add(provider);
    return new Snapshot(claims, health, more);
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
    Set<RuntimeId> others = new HashSet<>(standbys);
    others.removeAll(successors);
    return Optional.of(
        new Snapshot(where(claim -> stays.test(claim.provider())), remaining, others));
  }

  Snapshot with(RuntimeId provider, Health report) {
    if (health.get(provider) == report) {
      return this;
    }
    Map<RuntimeId, Health> reports = new HashMap<>(health);
    reports.put(provider, report);
    return new Snapshot(claims, reports, standbys);
  }

  Optional<Health> health(RuntimeId provider) {
    return Optional.ofNullable(health.get(provider));
  }

  /** Returns who can take a call now, in the order of registration; at least one. */
  List<Registration> candidates(ServiceName service) throws NoProviderException {
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
        if (isEligible(provider)) {
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
        found.stream().anyMatch(claim -> health.get(claim.provider()) == Health.HEALTHY);
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

  /**
   * Checks that there is room for {@code claim}, or that it replaces one.
   *
   * @throws LimitReachedException if not
   */
  void requireRoom(Registration claim, RegistryLimits limits) throws LimitReachedException {
    List<Registration> own = claims(claim.provider());
    if (own.stream().anyMatch(other -> other.service().equals(claim.service()))) {
      return;
    }
    requireRoom("registrations of one run", own, limits.registrationsPerRun());
    requireRoom(
        "registrations of one service", claims(claim.service()), limits.registrationsPerService());
    requireRoom("registrations in total", claims, limits.registrationsInTotal());
  }

  private static void requireRoom(String what, List<Registration> present, int limit)
      throws LimitReachedException {
    if (present.size() >= limit) {
      throw new LimitReachedException(what, limit);
    }
  }

  Optional<Registration> claim(String id) {
    return claims.stream().filter(claim -> claim.id().equals(id)).findFirst();
  }

  List<Registration> claims() {
    return claims;
  }

  List<Registration> claims(RuntimeId provider) {
    return where(claim -> claim.provider().equals(provider));
  }

  List<Registration> claims(ServiceName service) {
    return providers.getOrDefault(service, List.of());
  }

  private List<Registration> where(Predicate<Registration> condition) {
    return claims.stream().filter(condition).toList();
  }
}
