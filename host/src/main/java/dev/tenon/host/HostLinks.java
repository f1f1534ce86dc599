package dev.tenon.host;

import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.HostIdentity;
import dev.tenon.registry.OtherHost;
import dev.tenon.router.HostBackends;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import dev.tenon.transport.Transport;
import io.grpc.Channel;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The connections of this host to others, one for each calling plugin, so that none of them holds
 * up another. Each proves with this host's SVID who relays, and takes at the other end nobody but
 * the host that the registry names, by that host's own authorities of the moment. Thread-safe.
 */
final class HostLinks implements HostBackends, AutoCloseable {
  /*
   * Links are made and taken away under `this`, and looked up without it: one that is made beside a
   * change of the peers, or the end of this, sees that, or is seen by it. Nothing under `this` blocks.
   */
  private final Map<SpiffeId.OfHost, Link> links = new ConcurrentHashMap<>();

  /*
   * A connection is in `open` before its certificate is asked about, and what is refused changes before
   * `recheck` looks through `open`. The keys are one for each connection, and equal nothing else.
   */
  private final Map<Object, Shown> open = new ConcurrentHashMap<>();
  private final Transport transport;
  private final HostIdentity identity;
  private final HostPeers peers;
  private final int maxMessageBytes;
  private boolean isClosed;

  HostLinks(HostSettings settings, Transport transport, HostIdentity identity, HostPeers peers) {
    this.transport = transport;
    this.identity = identity;
    this.peers = peers;
    this.maxMessageBytes = settings.calls().maxMessageBytes();
    peers.whenChanged(this::recheck);
    peers.whenSucceeded(
        new HostPeers.OwnAuthority() {
          @Override
          public void moved(List<X509Certificate> roots) {
            links.values().forEach(link -> link.channels().renew());
          }

          @Override
          public void retired() {
            links.values().forEach(link -> link.channels().endOutgoing());
          }
        });
  }

  /** The connections to one host, as long as it is there and named. */
  private record Link(OtherHost host, BackendChannels channels) {}

  /** What the host at the other end of a connection proved itself with, leaf first. */
  private record Shown(SpiffeId.OfHost host, List<X509Certificate> chain) {}

  @Override
  public Optional<Channel> backend(OtherHost host, Identity caller) {
    if (peers.find(host.id()).isEmpty()) {
      return Optional.empty();
    }
    @Nullable Link link = links.get(host.id());
    if (link == null || !link.host().equals(host)) {
      Endpoint endpoint;
      try {
        endpoint = Endpoint.parse(host.endpoint());
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // What a host tells of itself need not be good.
      }
      link = renewed(host, endpoint);
    }
    return Optional.ofNullable(link).flatMap(made -> made.channels().of(caller.actor()));
  }

  /** Returns the link to {@code host} as it is listed now; null if it is not, or all is over. */
  private synchronized @Nullable Link renewed(OtherHost host, Endpoint endpoint) {
    Optional<HostPeer> listed = isClosed ? Optional.empty() : peers.find(host.id());
    @Nullable Link known = links.get(host.id());
    if (known != null && listed.isPresent() && known.host().equals(host)) {
      return known;
    }
    endIf(link -> link.host().id().equals(host.id()));
    @Nullable Link made = listed.map(peer -> made(host, peer, endpoint)).orElse(null);
    if (made != null) {
      links.put(host.id(), made);
    }
    return made;
  }

  private Link made(OtherHost host, HostPeer peer, Endpoint endpoint) {
    ClientTls tls =
        new ClientTls(
            () -> identity.get().trustingOnly(peers.find(peer.id()).orElse(peer).authorities()),
            PeerRule.exactly(peer.id()),
            chain -> admit(peer.id(), chain),
            Dns.HOST);
    return new Link(
        host,
        new BackendChannels(
            () ->
                transport
                    .channel(endpoint, tls)
                    .directExecutor()
                    .maxInboundMessageSize(maxMessageBytes)
                    .build()));
  }

  private Optional<Runnable> admit(SpiffeId.OfHost host, List<X509Certificate> chain) {
    Object connection = new Object();
    open.put(connection, new Shown(host, chain));
    if (peers.refusal(host, chain).isPresent()) {
      open.remove(connection);
      return Optional.empty();
    }
    return Optional.of(() -> open.remove(connection));
  }

  /**
   * Ends the connections to hosts that are named no more, or that proved themselves with what is
   * not good any more, with the calls on them.
   */
  void recheck() {
    Set<SpiffeId.OfHost> refused =
        open.values().stream()
            .filter(shown -> peers.refusal(shown.host(), shown.chain()).isPresent())
            .map(Shown::host)
            .collect(Collectors.toUnmodifiableSet());
    endIf(link -> refused.contains(link.host().id()) || peers.find(link.host().id()).isEmpty());
    links.values().forEach(link -> link.channels().connectSoon());
  }

  private synchronized void endIf(Predicate<Link> isOver) {
    links
        .values()
        .removeIf(
            link -> {
              boolean ends = isOver.test(link);
              if (ends) {
                link.channels().close();
              }
              return ends;
            });
  }

  /** Returns {@code first}, and then the end of the connections for that run, which has ended. */
  Consumer<RuntimeId> droppedAfter(Consumer<RuntimeId> first) {
    return first.andThen(
        caller -> links.values().forEach(link -> link.channels().drop(caller.value())));
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    endIf(link -> true);
  }
}
