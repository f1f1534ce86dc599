package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.audit.JsonLinesAuditLog;
import dev.tenon.core.BreakerState;
import dev.tenon.core.ClientSettings;
import dev.tenon.core.DeclaredServices;
import dev.tenon.core.Identity;
import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.ControlAudit;
import dev.tenon.host.control.Order;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.Impact;
import dev.tenon.router.CallCount;
import dev.tenon.router.CallbackOffer;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.stub.AbstractStub;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** A host that has started: its planes and its plugins, until it is closed. Thread-safe. */
final class RunningHost implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final Plugins plugins;
  private final CloseStack closing;
  private final Authorities authorities;
  private final HostAdmins admins;
  private final Presence presence;
  private final Channel channel;
  private final AtomicBoolean closed = new AtomicBoolean();

  private RunningHost(
      ClientSettings clients,
      Planes planes,
      Plugins plugins,
      Authorities authorities,
      HostAdmins admins,
      Presence presence,
      CloseStack closing) {
    this.presence = presence;
    this.authorities = authorities;
    this.admins = admins;
    this.planes = planes;
    this.plugins = plugins;
    this.closing = closing;
    Identity self = new Identity(planes.identity().id(), Identity.Evidence.IN_PROCESS);
    // Interceptors see the deadline, which the router would give later, and for less.
    channel =
        clients.interceptors().isEmpty()
            ? planes.router().channel(self, clients.deadline())
            : clients.around(planes.router().channel(self));
  }

  static RunningHost start(
      HostSettings settings,
      List<PluginDefinition> definitions,
      StartPolicy policy,
      List<HostOffer> offers)
      throws HostStartException {
    checkNames(definitions);
    settings.required().check(definitions);
    CloseStack closing = new CloseStack();
    try {
      Presence presence = Presence.open(settings, closing);
      Planes planes = Planes.open(settings, policy, offers, closing);
      LOG.log(Level.INFO, "{0}", planes.describe());
      Plugins plugins = new Plugins(planes, settings, definitions);
      closing.add(plugins::stop);
      plugins.start(definitions);
      Authorities authorities = new Authorities(planes, settings, closing);
      planes
          .admin()
          .operate(
              new AdminOperations(
                  plugins,
                  planes,
                  settings.places().audit(),
                  new PluginFolders(settings.places().pluginFolders())));
      HostAdmins admins =
          new HostAdmins(planes, closing.add(AdminFiles.open(planes, settings.trust().admins())));
      presence.started(planes, closing);
      return new RunningHost(
          settings.calls().clients(), planes, plugins, authorities, admins, presence, closing);
    } catch (HostStartException e) {
      closing.close();
      throw e;
    } catch (IOException | RefusedException e) {
      closing.close();
      throw new HostStartException(HostStartException.Kind.SYSTEM, "host: " + e.getMessage(), e);
    } catch (IllegalArgumentException | IllegalStateException e) {
      // A path that is too long for a socket, an address that does not resolve, a directory of
      // others.
      closing.close();
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, "host: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      closing.close();
      throw e;
    }
  }

  private static void checkNames(List<PluginDefinition> definitions) throws HostStartException {
    Set<PluginName> names = new HashSet<>();
    for (PluginDefinition definition : definitions) {
      if (!names.add(definition.name())) {
        throw new HostStartException(
            HostStartException.Kind.CONFIGURATION,
            "plugin " + definition.name() + ": added twice (expected: once)");
      }
    }
  }

  SpiffeId.OfHost id() {
    return planes.identity().id();
  }

  <S extends AbstractStub<S>> S client(Function<Channel, S> stub) {
    if (closed.get()) {
      throw new IllegalStateException("host: closed (expected: running)");
    }
    S client = stub.apply(channel);
    DeclaredServices.of(client)
        .filter(service -> !isProvidable(service))
        .ifPresent(
            service -> {
              throw new IllegalStateException(
                  "client: "
                      + service
                      + " (expected: a service that the policy lets some plugin provide, or that"
                      + " the host offers)");
            });
    return client;
  }

  ClientInterceptor callback(BindableService service) {
    CallbackOffer offer = new CallbackOffer(service);
    if (!planes.offered().duringCalls().contains(offer.service())) {
      throw new IllegalArgumentException(
          "callback: " + offer.service() + " (expected: declared with offersDuringCalls)");
    }
    return offer;
  }

  private boolean isProvidable(ServiceName service) {
    return planes.policy().current().isProvidable(service)
        || planes.offered().all().containsKey(service);
  }

  List<PluginStatus> plugins() {
    return plugins.statuses();
  }

  List<PluginState> states(PluginName plugin) {
    return plugins.states(plugin);
  }

  BreakerState breaker(RuntimeId run) {
    return planes.router().breaker(run);
  }

  Listening listen(PluginListener listener) {
    return planes.events().add(listener);
  }

  Impact impact(PluginName plugin) {
    return plugins.impact(plugin);
  }

  List<RegistrationStatus> registrations() {
    return planes.registry().registrations().stream()
        .map(
            claim ->
                new RegistrationStatus(
                    claim.id(),
                    claim.provider(),
                    claim.service(),
                    claim.version(),
                    claim.annotations(),
                    planes.registry().health(claim.provider())))
        .toList();
  }

  void revoke(RuntimeId run, String reason) {
    planes.runs().revoke(run, Order.ofProgram(reason));
  }

  HostAdmins admins() {
    return admins;
  }

  PluginChanges changes() {
    return plugins.changes();
  }

  HostCertificates certificates() {
    return planes.certificates();
  }

  HostGrants grants() {
    return new HostGrants(planes.grants(), planes.trust().grants());
  }

  long drain(RuntimeId run, Duration most, String reason)
      throws InterruptedException, AuditFailedException {
    if (most.isNegative()) {
      throw new IllegalArgumentException("most: " + most + " (expected: >= 0)");
    }
    PluginRun known = planes.runs().known(run);
    planes.runs().recordDrain(known, Order.ofProgram(reason));
    return planes.exit().drain(known, most);
  }

  Authorities authorities() {
    return authorities;
  }

  HostPeers peers() {
    return planes.others().peers();
  }

  Optional<String> probes() {
    return presence.probes();
  }

  HostPolicy policy() {
    return planes.policy();
  }

  List<CallCount> calls() {
    return planes.router().calls();
  }

  ConnectionTotals connections() {
    return ConnectionTotals.of(planes.transport().connectionCounts(), planes.refusals().totals());
  }

  String describe() {
    return planes.describe();
  }

  /** Returns what it is made of, for tests that count what is held. */
  Planes planes() {
    return planes;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      presence.ending();
      closing.close();
    }
  }

  /** Opens the audit log, which everything else is recorded in. */
  static AuditLog openAudit(HostSettings settings, CloseStack closing) throws IOException {
    Path file = settings.places().audit();
    AuditLog log =
        settings
            .places()
            .beforeAudit()
            .apply(closing.add(JsonLinesAuditLog.open(file, settings.places().auditing())));
    try {
      new ControlAudit(log, settings.sources().clock())
          .success("host", PluginName.HOST, "start", null, Map.of());
    } catch (AuditFailedException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    return log;
  }
}
