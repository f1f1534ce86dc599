package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.issue.TrustPath;
import dev.tenon.core.PluginName;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.router.HostAdmission;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Source;
import io.grpc.Attributes;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The other hosts that calls may come from and go to. None, unless they are named; who is named
 * still needs the policy's leave for every call. Thread-safe.
 */
public final class HostPeers {
  private final SpiffeId.OfHost self;
  private final Predicate<X509Certificate> revoked;
  private final ControlAudit audit;
  private final List<Runnable> whenChanged = new CopyOnWriteArrayList<>();
  private final List<OwnAuthority> whenSucceeded = new CopyOnWriteArrayList<>();
  private volatile Map<SpiffeId.OfHost, HostPeer> peers;
  private volatile Optional<String> endpoint = Optional.empty();

  /** Told of the succession of this host's own authority. Must not block. */
  interface OwnAuthority {
    /** Everything new is to rest on {@code roots}; what rests on others may end in order. */
    void moved(List<X509Certificate> roots);

    /** What rests on others than those is over. */
    void retired();
  }

  HostPeers(
      SpiffeId.OfHost self,
      HostSettings settings,
      Predicate<X509Certificate> revoked,
      ControlAudit audit) {
    this.self = self;
    this.revoked = revoked;
    this.audit = audit;
    this.peers = checked(settings.hosts().peers());
  }

  private Map<SpiffeId.OfHost, HostPeer> checked(Collection<HostPeer> named) {
    Map<SpiffeId.OfHost, HostPeer> all = new LinkedHashMap<>();
    for (HostPeer peer : named) {
      if (!peer.id().trustDomain().equals(self.trustDomain()) || peer.id().equals(self)) {
        throw new IllegalArgumentException(
            "peer: " + peer.id() + " (expected: another host of " + self.trustDomain() + ")");
      }
      if (all.putIfAbsent(peer.id(), peer) != null) {
        throw new IllegalArgumentException("peer: " + peer.id() + " twice (expected: once)");
      }
    }
    return Map.copyOf(all);
  }

  /** Returns all of them. */
  public List<HostPeer> all() {
    return List.copyOf(peers.values());
  }

  /**
   * Returns where they connect, as {@code tcp:ADDRESS:PORT} or {@code unix:PATH}; empty if this
   * host was started without any, and listens nowhere for them.
   */
  public Optional<String> endpoint() {
    return endpoint;
  }

  /**
   * Puts {@code named} in the place of all others, on record. When this returns, those who are not
   * named any more have lost their connections, with the calls on them, and nothing they claim to
   * provide is believed; so have those connections that rest on an authority which is not named any
   * more. Others go on: an authority that is added, and later one that is taken away, cost no call
   * of a host whose certificates have moved in between.
   *
   * @throws AuditFailedException if it could not be recorded: nothing has changed
   * @throws IllegalArgumentException if one is of another trust domain, this host, or there twice
   * @throws IllegalStateException if this host listens nowhere for them
   */
  public synchronized void replace(Collection<HostPeer> named) throws AuditFailedException {
    Map<SpiffeId.OfHost, HostPeer> next = checked(named);
    if (endpoint.isEmpty()) {
      throw new IllegalStateException("host: no listener for other hosts (expected: one)");
    }
    audit.success(
        "peers",
        PluginName.HOST,
        "replace",
        null,
        Map.of(
            "hosts",
            next.keySet().stream()
                .map(SpiffeId.OfHost::host)
                .sorted()
                .collect(Collectors.joining(" "))));
    peers = next;
    whenChanged.forEach(Runnable::run);
  }

  /** Adds what is to happen after each change, in this order. */
  void whenChanged(Runnable action) {
    whenChanged.add(action);
  }

  /** Adds who is told of the succession of this host's own authority. */
  void whenSucceeded(OwnAuthority told) {
    whenSucceeded.add(told);
  }

  /** This host's certificates lead to {@code roots} from now on: other hosts connect anew. */
  void ownAuthorityMoved(List<X509Certificate> roots) {
    whenSucceeded.forEach(told -> told.moved(roots));
  }

  /** What rests on the authority before is over. */
  void ownAuthorityRetired() {
    whenSucceeded.forEach(OwnAuthority::retired);
  }

  void listens(String at) {
    endpoint = Optional.of(at);
  }

  SpiffeId.OfHost self() {
    return self;
  }

  Optional<HostPeer> find(SpiffeId id) {
    return Optional.ofNullable(peers.get(id));
  }

  /** Returns the roots of all of them, whoever's they are. */
  List<X509Certificate> authorities() {
    return peers.values().stream().flatMap(peer -> peer.authorities().stream()).distinct().toList();
  }

  boolean isRevoked(X509Certificate leaf) {
    return revoked.test(leaf);
  }

  /**
   * Returns why the host that proves itself with {@code chain} may not be talked to. One host's
   * authority must not speak for another host, which TLS alone would let it.
   */
  Optional<Why> refusal(SpiffeId.OfHost host, List<X509Certificate> chain) {
    Optional<HostPeer> peer = find(host);
    if (peer.isEmpty()) {
      return Optional.of(Why.UNLISTED);
    }
    if (!TrustPath.leads(chain, peer.get().authorities())) {
      return Optional.of(Why.FOREIGN);
    }
    return isRevoked(chain.get(0)) ? Optional.of(Why.REVOKED) : Optional.empty();
  }

  /** Returns what admits their calls. */
  HostAdmission admission(ConnectionRefusals refusals, AuditLog log, InstantSource clock) {
    HostAdmission admission = new HostAdmission(new Listed(refusals), log, clock);
    whenChanged(admission::recheck);
    whenSucceeded(
        new OwnAuthority() {
          @Override
          public void moved(List<X509Certificate> roots) {
            admission.retire(connection -> !TrustPath.leads(connection.ownChain(), roots));
          }

          @Override
          public void retired() {
            admission.endRetired();
          }
        });
    return admission;
  }

  /** Asks whether they are named. */
  private final class Listed implements HostAdmission.Hosts {
    private final ConnectionRefusals refusals;

    Listed(ConnectionRefusals refusals) {
      this.refusals = requireNonNull(refusals, "refusals");
    }

    @Override
    public Optional<Why> refusal(SpiffeId.OfHost host, Connection connection) {
      return HostPeers.this.refusal(host, connection.peerChain());
    }

    @Override
    public Optional<Why> refusal(SpiffeId.OfHost host, X509Certificate leaf) {
      if (find(host).isEmpty()) {
        return Optional.of(Why.UNLISTED);
      }
      return isRevoked(leaf) ? Optional.of(Why.REVOKED) : Optional.empty();
    }

    @Override
    public void refused(Optional<SpiffeId.OfHost> host, Why why, Attributes connection) {
      Source source = Optional.ofNullable(connection.get(Source.KEY)).orElse(Source.UNKNOWN);
      refusals.refusedHost(host, why, source);
    }
  }
}
