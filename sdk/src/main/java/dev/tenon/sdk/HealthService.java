package dev.tenon.sdk;

import dev.tenon.core.Health;
import dev.tenon.core.Plugin;
import dev.tenon.core.ServiceName;
import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The plugin's health in gRPC's own protocol, {@code grpc.health.v1}, for the host to poll: the
 * plugin as a whole under the empty name, and each service that it provides. Thread-safe.
 */
final class HealthService {
  private final Plugin plugin;
  private final HealthStatusManager statuses = new HealthStatusManager();
  private final AtomicBoolean ended = new AtomicBoolean();

  /** Makes the service of {@code plugin}; it answers that the plugin is not serving yet. */
  HealthService(Plugin plugin) {
    this.plugin = plugin;
    set(ServingStatus.NOT_SERVING);
  }

  /** Returns what answers the host. */
  BindableService service() {
    return statuses.getHealthService();
  }

  /** Answers from now on by {@code health}, unless the plugin is ending. */
  void show(Health health) {
    set(health.isEligible() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  private void set(ServingStatus status) {
    statuses.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    for (ServiceName service : plugin.services().keySet()) {
      statuses.setStatus(service.value(), status);
    }
  }

  /** Answers from now on that nothing is served, whatever is shown later. Idempotent. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      statuses.enterTerminalState(); // logs a stack trace when it is entered twice
    }
  }
}
