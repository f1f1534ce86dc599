package dev.tenon.host.control;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.registry.ServiceRegistry;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The lease of registrations: a plugin's claims live while it has a control connection. When the
 * last one ends, its registrations go.
 */
public final class ControlConnections extends ServerTransportFilter {
  /** How long a plugin that has enrolled again may be without a connection. */
  public static final Duration CHANGE_OVER = Duration.ofSeconds(10);

  /*
   * Who opens, ends or asks about the connections of one plugin excludes the others of the same
   * plugin: each works inside the map's compute. The registry is changed inside of it too, so that the
   * end of an old connection cannot remove what was registered over a new one.
   */
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
  public void transportTerminated(@Nullable Attributes attributes) {
    if (attributes == null) {
      return; // It was never ready.
    }
    plugin(attributes).ifPresent(this::closed);
  }

  private void closed(RuntimeId plugin) {
    var unused = open.computeIfPresent(plugin, this::closedOneOf);
  }

  /**
   * Keeps the claims of {@code plugin} for {@link #CHANGE_OVER} as if it had a connection more: it
   * has new credentials and is about to exchange its old connection for a new one.
   */
  public void hold(RuntimeId plugin, ScheduledExecutorService timer) {
    open.merge(plugin, 1, Integer::sum);
    var unused = timer.schedule(() -> closed(plugin), CHANGE_OVER.toMillis(), MILLISECONDS);
  }

  private @Nullable Integer closedOneOf(RuntimeId plugin, int count) {
    if (count > 1) {
      return count - 1;
    }
    registry.remove(plugin);
    return null;
  }

  /** Returns the registrations that live by these connections. */
  ServiceRegistry registry() {
    return registry;
  }

  /**
   * Returns whether {@code plugin} has a connection. Whatever was registered before a false answer
   * may have been too late to be removed with the last one.
   */
  public boolean isOpen(RuntimeId plugin) {
    return open.computeIfPresent(plugin, (id, count) -> count) != null;
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
