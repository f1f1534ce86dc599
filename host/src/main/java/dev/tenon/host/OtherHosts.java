package dev.tenon.host;

import dev.tenon.auth.policy.Policy;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.LocalRegistry;
import dev.tenon.registry.Registration;
import dev.tenon.registry.RegistryStore;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.registry.SharedRegistry;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * What this host knows of others, and they of it: the registry that they share, if they do, and
 * what of it is believed. Thread-safe.
 */
final class OtherHosts {
  private final LocalRegistry local;
  private final Optional<SharedRegistry> shared;
  private final HostPeers peers;
  private final Supplier<Policy> policy;

  private OtherHosts(
      LocalRegistry local,
      Optional<SharedRegistry> shared,
      HostPeers peers,
      Supplier<Policy> policy) {
    this.local = local;
    this.shared = shared;
    this.peers = peers;
    this.policy = policy;
  }

  /**
   * Opens the registry: that which hosts share, if there is to be one; it ends with {@code
   * closing}.
   *
   * @throws RefusedException if the store does not answer
   */
  static OtherHosts open(
      HostSettings settings, HostPeers peers, Supplier<Policy> policy, CloseStack closing)
      throws RefusedException {
    LocalRegistry local =
        ServiceRegistry.inMemory(
            settings.registry().limits(),
            settings.registry().selections(),
            () -> ThreadLocalRandom.current().nextLong()); // who gets a call is no secret
    Optional<RegistryStore> store = settings.hosts().store();
    Optional<SharedRegistry> shared = Optional.empty();
    if (store.isPresent()) {
      shared = Optional.of(closing.add(store.get().open(local, peers.self())));
    }
    OtherHosts others = new OtherHosts(local, shared, peers, policy);
    others.believe();
    peers.whenChanged(others::believe);
    return others;
  }

  /** Returns the registry of this host: the shared one, or its own. */
  ServiceRegistry registry() {
    return shared.isPresent() ? shared.get() : local;
  }

  HostPeers peers() {
    return peers;
  }

  /** Tells the others where this host takes calls, if it takes any; to be called once it does. */
  void announce() {
    peers.endpoint().ifPresent(at -> shared.ifPresent(known -> known.announce(at)));
  }

  /**
   * Believes of other hosts what the policy in force lets plugins behind them provide here; shared
   * as it says, so that no claim of theirs keeps own plugins out that the operator did not mean to.
   */
  void believe() {
    local.believe(this::isBelieved);
  }

  private boolean isBelieved(SpiffeId.OfHost host, Registration claim) {
    return peers.find(host).isPresent()
        && policy
            .get()
            .mayProvide(host, claim.provider().plugin(), claim.service())
            .filter(right -> right.sharing() == claim.sharing())
            .isPresent();
  }

  /** Returns whether a plugin behind another host may provide {@code service} here. */
  boolean mayProvide(ServiceName service) {
    return peers.all().stream().anyMatch(peer -> policy.get().isProvidable(peer.id(), service));
  }
}
