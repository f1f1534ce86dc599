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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connections of this host to others, one for each calling plugin, so that none of them holds
 * up another. Each proves with this host's SVID who relays, and takes at the other end nobody but
 * the host that the registry names, by that host's own authority. Thread-safe.
 */
final class HostLinks implements HostBackends, AutoCloseable {
  private final Map<SpiffeId.OfHost, Link> links = new ConcurrentHashMap<>();
  private final Transport transport;
  private final HostIdentity identity;
  private final HostPeers peers;
  private final int maxMessageBytes;

  HostLinks(HostSettings settings, Transport transport, HostIdentity identity, HostPeers peers) {
    this.transport = transport;
    this.identity = identity;
    this.peers = peers;
    this.maxMessageBytes = settings.calls().maxMessageBytes();
    peers.whenChanged(this::recheck);
  }

  /** The connections to one host, as long as it is there and trusted for this. */
  private record Link(OtherHost host, HostPeer peer, BackendChannels channels) {
    boolean isFor(OtherHost asked, HostPeer trusted) {
      return host.equals(asked) && peer.equals(trusted);
    }
  }

  @Override
  public Optional<Channel> backend(OtherHost host, Identity caller) {
    Optional<HostPeer> peer = peers.find(host.id());
    if (peer.isEmpty()) {
      return Optional.empty();
    }
    @Nullable Link link = links.get(host.id());
    if (link == null || !link.isFor(host, peer.get())) {
      Endpoint endpoint;
      try {
        endpoint = Endpoint.parse(host.endpoint());
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // What a host tells of itself need not be good.
      }
      link = links.compute(host.id(), (id, known) -> renewed(known, host, peer.get(), endpoint));
    }
    return link.channels().of(caller.actor());
  }

  private Link renewed(@Nullable Link known, OtherHost host, HostPeer peer, Endpoint endpoint) {
    if (known != null && known.isFor(host, peer)) {
      return known;
    }
    if (known != null) {
      known.channels().close();
    }
    ClientTls tls =
        new ClientTls(
            () -> identity.get().trustingOnly(peer.authorities()),
            PeerRule.exactly(peer.id()),
            this::admit,
            Dns.HOST);
    return new Link(
        host,
        peer,
        new BackendChannels(
            () ->
                transport
                    .channel(endpoint, tls)
                    .directExecutor()
                    .maxInboundMessageSize(maxMessageBytes)
                    .build()));
  }

  private Optional<Runnable> admit(X509Certificate leaf) {
    return peers.isRevoked(leaf) ? Optional.empty() : Optional.of(() -> {});
  }

  /** Ends the connections to hosts that are named no more, with the calls on them. */
  private void recheck() {
    links
        .values()
        .removeIf(
            link -> {
              boolean isOver = !peers.find(link.peer().id()).equals(Optional.of(link.peer()));
              if (isOver) {
                link.channels().close();
              }
              return isOver;
            });
  }

  /** Returns {@code first}, and then the end of the connections for that run, which has ended. */
  Consumer<RuntimeId> droppedAfter(Consumer<RuntimeId> first) {
    return first.andThen(
        caller -> links.values().forEach(link -> link.channels().drop(caller.value())));
  }

  @Override
  public void close() {
    links.values().forEach(link -> link.channels().close());
  }
}
