package dev.tenon.registry.etcd;

import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Sharing;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistrationNotFoundException;
import dev.tenon.registry.ServiceTakenException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What the plugins of this host have registered, whether or not it serves at the moment: a claim
 * that etcd may give to another is set aside, and comes back when etcd says that it is ours.
 * Thread-safe.
 */
final class OwnClaims {
  /*
   * A plugin's claim is in `ours` from when it is made until it is taken back, and in the local registry
   * while it serves. Who takes back removes from `ours` first and from the local registry then; who
   * brings back enters in the local registry first and looks into `ours` then. So one of the two sees the
   * other, and nothing that was taken back stays.
   */
  private final ConcurrentMap<String, Registration> ours = new ConcurrentHashMap<>();
  private final Set<RuntimeId> standbys = ConcurrentHashMap.newKeySet();
  private final LocalRegistry local;

  OwnClaims(LocalRegistry local) {
    this.local = local;
  }

  List<Registration> all() {
    return List.copyOf(ours.values());
  }

  /** Returns those that do not serve. */
  List<Registration> aside() {
    return ours.values().stream().filter(claim -> !isServed(claim)).toList();
  }

  Optional<Registration> find(String id) {
    return Optional.ofNullable(ours.get(id));
  }

  private boolean isServed(Registration claim) {
    return local.registration(claim.id()).isPresent();
  }

  /** Adds {@code claim}, which is ours in etcd, in place of its provider's earlier one. */
  void add(Registration claim) throws ServiceTakenException, LimitReachedException {
    ours.put(claim.id(), claim);
    try {
      serve(claim);
    } catch (ServiceTakenException | LimitReachedException | RuntimeException e) {
      ours.remove(claim.id());
      throw e;
    }
    ours.values()
        .removeIf(
            other ->
                other.provider().equals(claim.provider())
                    && other.service().equals(claim.service())
                    && !other.id().equals(claim.id()));
  }

  private void serve(Registration claim) throws ServiceTakenException, LimitReachedException {
    local.register(claim);
    if (!ours.containsKey(claim.id())) {
      stop(claim);
    }
  }

  /** Lets {@code claim} serve, which is ours in etcd, unless the local registry has no room. */
  void bringBack(Registration claim) {
    if (isServed(claim) || !ours.containsKey(claim.id())) {
      return;
    }
    try {
      serve(claim);
    } catch (ServiceTakenException | LimitReachedException | IllegalArgumentException e) {
      // It stays aside; there will be another attempt.
      return;
    }
  }

  /** Lets {@code claim} serve no more until it is brought back. */
  void setAside(Registration claim) {
    stop(claim);
  }

  /** Sets all exclusive claims aside. */
  void setExclusiveAside() {
    for (Registration claim : ours.values()) {
      if (claim.sharing() == Sharing.EXCLUSIVE) {
        stop(claim);
      }
    }
  }

  private void stop(Registration claim) {
    try {
      local.unregister(claim.provider(), claim.id());
    } catch (RegistrationNotFoundException e) {
      // It does not serve already.
      return;
    }
  }

  /** Takes {@code claim} back, if it is there. */
  void takeBack(Registration claim) {
    ours.remove(claim.id());
    stop(claim);
  }

  /** Takes {@code id} of {@code owner} back. */
  Registration remove(RuntimeId owner, String id) throws RegistrationNotFoundException {
    Registration claim = ours.get(id);
    if (claim == null || !claim.provider().equals(owner) || !ours.remove(id, claim)) {
      return local.unregister(owner, id); // It knows what to say.
    }
    stop(claim);
    return claim;
  }

  /** Takes all of {@code provider} back; returns those that did not serve. */
  List<Registration> remove(RuntimeId provider) {
    List<Registration> aside =
        aside().stream().filter(claim -> claim.provider().equals(provider)).toList();
    ours.values().removeIf(claim -> claim.provider().equals(provider));
    standbys.remove(provider);
    return aside;
  }

  void standBy(RuntimeId provider) {
    standbys.add(provider);
  }

  /** Notes that {@code successors} have taken over from all other runs of their plugin. */
  void takenOver(Set<RuntimeId> successors) {
    ours.values()
        .removeIf(
            claim ->
                !successors.contains(claim.provider())
                    && successors.stream()
                        .anyMatch(run -> run.plugin().equals(claim.provider().plugin())));
    standbys.removeAll(successors);
  }

  /** Returns what those that have claimed something, and do not stand by, said last. */
  Map<RuntimeId, Health> health() {
    Map<RuntimeId, Health> health = new HashMap<>();
    for (Registration claim : ours.values()) {
      if (!standbys.contains(claim.provider())) {
        local.health(claim.provider()).ifPresent(last -> health.put(claim.provider(), last));
      }
    }
    return health;
  }
}
