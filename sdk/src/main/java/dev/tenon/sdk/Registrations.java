package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.core.Plugin;
import dev.tenon.core.Reason;
import dev.tenon.core.ServiceName;
import dev.tenon.v1.Health;
import dev.tenon.v1.LifecycleGrpc;
import dev.tenon.v1.RegisterRequest;
import dev.tenon.v1.RegistryGrpc;
import dev.tenon.v1.ReportHealthRequest;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Which of the plugin's services are registered, and what health the host was told. What is missing
 * is tried again, and only that. Not thread-safe: the worker thread alone uses it.
 */
final class Registrations {
  /** How long the host may take to answer one attempt. */
  static final long TIMEOUT_SECONDS = 2;

  /** How often a call is attempted before it counts as failed. */
  static final int ATTEMPTS = 3;

  private static final Set<Status.Code> WORTH_ANOTHER_ATTEMPT =
      Set.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);

  private static final System.Logger LOG = System.getLogger(Registrations.class.getName());

  private final Plugin plugin;
  private final Channel control;
  private final Set<ServiceName> registered = new TreeSet<>();
  private final Map<ServiceName, String> refused = new LinkedHashMap<>();
  private final OwnHealth own;
  private Optional<OwnHealth.Report> reported = Optional.empty();

  /** Makes the registrations of {@code plugin}, whose author tells {@code own} how it is. */
  Registrations(Plugin plugin, Channel control, OwnHealth own) {
    this.plugin = plugin;
    this.control = control;
    this.own = own;
  }

  /**
   * Registers every service and reports health for the first time. Returns whether nothing is
   * missing: a host that went away between the two is told when it is back.
   *
   * @throws PluginStartException if not one service could be registered, or the host did not take
   *     the report
   */
  boolean start() throws PluginStartException {
    registerMissing();
    if (registered.isEmpty() && !refused.isEmpty()) {
      throw new PluginStartException(
          "plugin " + plugin.name() + " could not register its services: " + refused);
    }
    try {
      reportHealth();
    } catch (StatusRuntimeException e) {
      if (!registered.isEmpty() && WORTH_ANOTHER_ATTEMPT.contains(e.getStatus().getCode())) {
        LOG.log(WARNING, "health not reported: {0}", StatusText.of(e));
        return false;
      }
      throw new PluginStartException(
          "plugin " + plugin.name() + " could not report its health: " + StatusText.of(e), e);
    }
    return refused.isEmpty();
  }

  /** Forgets all, because the connection that the registrations lived with is gone. */
  void forget() {
    registered.clear();
    reported = Optional.empty();
  }

  /** Registers what is missing and reports changed health. Returns whether nothing is missing. */
  boolean complete() {
    registerMissing();
    try {
      reportHealth();
    } catch (StatusRuntimeException e) {
      LOG.log(WARNING, "health not reported: {0}", StatusText.of(e));
      return false;
    }
    return refused.isEmpty();
  }

  private void registerMissing() {
    refused.clear();
    for (ServiceName service : new TreeSet<>(plugin.services().keySet())) {
      if (!registered.contains(service)) {
        register(service);
      }
    }
  }

  private void register(ServiceName service) {
    RegisterRequest request =
        RegisterRequest.newBuilder()
            .setService(service.value())
            .setVersion(plugin.version().toString())
            .putAllMetadata(plugin.annotations().entries())
            .build();
    try {
      // Safe to repeat: a second registration by the same plugin replaces the first.
      var unused = attempt(() -> registry().register(request));
      registered.add(service);
      LOG.log(INFO, "registered {0}", service);
    } catch (StatusRuntimeException e) {
      refused.put(service, StatusText.of(e));
      LOG.log(WARNING, "not registered: {0}: {1}", service, StatusText.of(e));
    }
  }

  private void reportHealth() {
    OwnHealth.Report report = report();
    if (reported.filter(report::equals).isPresent()) {
      return;
    }
    ReportHealthRequest request =
        ReportHealthRequest.newBuilder()
            .setHealth(message(report.health()))
            .setReason(report.reason().text())
            .build();
    var unused = attempt(() -> lifecycle().reportHealth(request));
    reported = Optional.of(report);
  }

  /** Returns what the author says, or that something is missing if that is worse. */
  private OwnHealth.Report report() {
    OwnHealth.Report said = own.last();
    return said.health() == dev.tenon.core.Health.HEALTHY && !refused.isEmpty()
        ? new OwnHealth.Report(
            dev.tenon.core.Health.DEGRADED, new Reason("not registered: " + names()))
        : said;
  }

  private static Health message(dev.tenon.core.Health health) {
    return switch (health) {
      case HEALTHY -> Health.HEALTH_HEALTHY;
      case DEGRADED -> Health.HEALTH_DEGRADED;
      case UNHEALTHY -> Health.HEALTH_UNHEALTHY;
    };
  }

  private String names() {
    String names = String.join(", ", refused.keySet().stream().map(ServiceName::value).toList());
    return names.length() > 500 ? names.substring(0, 500) + "..." : names;
  }

  private RegistryGrpc.RegistryBlockingStub registry() {
    return RegistryGrpc.newBlockingStub(control)
        .withWaitForReady()
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private LifecycleGrpc.LifecycleBlockingStub lifecycle() {
    return LifecycleGrpc.newBlockingStub(control)
        .withWaitForReady()
        .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  private static <R> R attempt(Supplier<R> call) {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get();
      } catch (StatusRuntimeException e) {
        if (attempt == ATTEMPTS || !WORTH_ANOTHER_ATTEMPT.contains(e.getStatus().getCode())) {
          throw e;
        }
      }
    }
  }
}
