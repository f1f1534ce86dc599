package dev.tenon.registry;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toUnmodifiableSet;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What other hosts said of their plugins, and what of it is believed. Immutable. */
final class Others {
  static final Others NONE = new Others(Map.of(), HostRule.NONE, Integer.MAX_VALUE);

  /** In the order in which the hosts were first heard of. */
  private final Map<SpiffeId.OfHost, HostClaims> told;

  private final HostRule rule;
  private final int most;
  private int standing;

  /** Whose claims there is no room for: none of them is believed. */
  private final Map<SpiffeId.OfHost, HostClaims> over = new HashMap<>();

  private final Map<SpiffeId.OfHost, List<Registration>> believed = new LinkedHashMap<>();

  /** Where each provider of a believed claim is; the values are made here, and not at look-ups. */
  private final Map<RuntimeId, Optional<OtherHost>> hosts = new HashMap<>();

  private final Map<RuntimeId, Optional<Health>> health = new HashMap<>();
  private final Map<RuntimeId, List<Registration>> byRun;
  private final Map<ServiceName, List<Registration>> byService;

  private Others(Map<SpiffeId.OfHost, HostClaims> told, HostRule rule, int most) {
    this.told = told;
    this.rule = rule;
    this.most = most;
    told.values().forEach(this::believe);
    byRun = claims().collect(groupingBy(Registration::provider));
    byService = claims().collect(groupingBy(Registration::service));
  }

  /** Two hosts cannot both have a run: who was heard of first has it. */
  private void believe(HostClaims claims) {
    Optional<OtherHost> host = Optional.of(claims.host());
    List<Registration> stand = new ArrayList<>();
    for (Registration claim : claims.claims()) {
      if (!hosts.containsKey(claim.provider()) && rule.believes(claims.host().id(), claim)) {
        stand.add(claim);
      }
    }
    if (standing + stand.size() > most) {
      over.put(claims.host().id(), claims);
      return;
    }
    standing += stand.size();
    for (Registration claim : stand) {
      hosts.put(claim.provider(), host);
      health.put(claim.provider(), Optional.ofNullable(claims.health().get(claim.provider())));
    }
    believed.put(claims.host().id(), List.copyOf(stand));
  }

  Others believing(HostRule other) {
    return new Others(told, other, most);
  }

  Others with(HostClaims claims, RegistryLimits limits) throws LimitReachedException {
    Map<SpiffeId.OfHost, HostClaims> next = new LinkedHashMap<>(told);
    next.put(claims.host().id(), claims);
    Others changed = new Others(next, rule, limits.registrationsInTotal());
    if (changed.over.containsKey(claims.host().id())
        || !over.keySet().containsAll(changed.over.keySet())) {
      throw new LimitReachedException(
          "registrations of other hosts in total", limits.registrationsInTotal());
    }
    return changed;
  }

  Others without(SpiffeId.OfHost host) {
    Map<SpiffeId.OfHost, HostClaims> next = new LinkedHashMap<>(told);
    next.remove(host);
    return new Others(next, rule, most);
  }

  boolean isEligible(RuntimeId provider) {
    return health(provider).filter(Health::isEligible).isPresent();
  }

  /** Returns all claims that are believed. */
  Stream<Registration> claims() {
    return believed.values().stream().flatMap(List::stream);
  }

  List<Registration> claims(RuntimeId provider) {
    return Collections.unmodifiableList(byRun.getOrDefault(provider, List.of()));
  }

  List<Registration> claims(ServiceName service) {
    return Collections.unmodifiableList(byService.getOrDefault(service, List.of()));
  }

  Set<ServiceName> services() {
    return byService.keySet();
  }

  /** Returns what a change of {@code host} concerns: also what there may be room for then. */
  Set<ServiceName> services(SpiffeId.OfHost host) {
    return Stream.concat(
            believed.getOrDefault(host, List.of()).stream(),
            over.values().stream().flatMap(other -> other.claims().stream()))
        .map(Registration::service)
        .collect(toUnmodifiableSet());
  }

  Optional<OtherHost> host(RuntimeId provider) {
    return hosts.getOrDefault(provider, Optional.empty());
  }

  Optional<Health> health(RuntimeId provider) {
    return health.getOrDefault(provider, Optional.empty());
  }
}
