package dev.tenon.host.control;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The lease of registrations: a plugin's claims live while it has a control connection. When the
 * last one ends, its registrations go.
 */
public final class ControlConnections extends ServerTransportFilter {
  private final ConcurrentMap<RuntimeId, Integer> open = new ConcurrentHashMap<>();
  private final ServiceRegistry registry;

  /** Makes the lease over {@code registry}. */
  public ControlConnections(ServiceRegistry registry) {
    this.registry = registry;
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    plugin(attributes).ifPresent(plugin -> open.merge(plugin, 1, Integer::sum));
    return attributes;
  }

  @Override
  public void transportTerminated(Attributes attributes) {
    plugin(attributes)
        .ifPresent(
            plugin -> {
              var unused =
                  open.computeIfPresent(
                      plugin,
                      (id, connections) -> {
                        if (connections > 1) {
                          return connections - 1;
                        }
                        registry.remove(plugin); // inside, so that a new connection comes after it
                        return null;
                      });
            });
  }

  private static Optional<RuntimeId> plugin(Attributes attributes) {
    Peer peer = attributes.get(Peer.KEY);
    return peer == null
        ? Optional.empty()
        : peer.id()
            .filter(SpiffeId.OfPlugin.class::isInstance)
            .map(id -> ((SpiffeId.OfPlugin) id).runtimeId());
  }
}
