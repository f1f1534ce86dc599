package dev.tenon.host;

import static java.util.stream.Collectors.joining;

import com.google.protobuf.Duration;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.Health;
import dev.tenon.core.Identity;
import dev.tenon.core.Plugin;
import dev.tenon.core.PluginContext;
import dev.tenon.core.Reason;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.core.Requirement;
import dev.tenon.core.RouterClients;
import dev.tenon.core.ServiceName;
import dev.tenon.core.ServiceState;
import dev.tenon.core.ServiceWatch;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.PluginRun;
import dev.tenon.v1.DiscoverRequest;
import dev.tenon.v1.DiscoverResponse;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a plugin inside the host does to come up, by the same rules as one that enrols: declares,
 * waits for what it requires, makes its services, registers them, reports its health.
 */
final class InProcessStart implements InProcessPlugin.Start {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());
  private static final int DISCOVER_WAIT_SECONDS = 30;
  private static final int RETRY_SECONDS = 5;

  private final Planes planes;
  private final Plugin plugin;
  private final PluginRun run;
  private final Identity identity;
  private final TreeSet<ServiceName> missing;
  private final InProcessWatches watches;

  /* Guarded by `reporting`: what the plugin says of itself, and what of it is not registered. */
  private final Object reporting = new Object();
  private Health health = Health.HEALTHY;
  private Reason reason = new Reason("");
  private String unregistered = "";
  private boolean isServed;

  InProcessStart(Planes planes, Plugin plugin, PluginRun run) {
    this.planes = planes;
    this.plugin = plugin;
    this.run = run;
    identity = new Identity(run.id(), Identity.Evidence.IN_PROCESS);
    watches = new InProcessWatches(planes, identity);
    missing = new TreeSet<>(plugin.services().keySet());
  }

  /** Notes what the plugin declares; rights come from the policy, as for everybody. */
  void declare() {
    int own = planes.runs().maxMessageBytes();
    planes
        .runs()
        .enrolled(
            run,
            new Enrolled(
                plugin.version(),
                plugin.services().keySet(),
                new HashSet<>(plugin.requirements().values()),
                Math.min(own, plugin.maxMessageBytes().orElse(own))));
    run.process()
        .ifPresent(
            inside -> {
              var unused = inside.exit().thenRun(watches::close);
            });
  }

  @Override
  public List<ServerServiceDefinition> services() throws RefusedException, InterruptedException {
    for (ServiceName service : missing) {
      if (!planes.mayProvide(plugin.name(), service)) {
        throw new IllegalStateException(
            ("provides %s, and the host's policy does not allow that"
                    + " (expected: [[provide]] plugin = \"%s\", services = [\"%s\"] in the policy)")
                .formatted(service, plugin.name(), service));
      }
    }
    for (Requirement requirement : plugin.requirements().values()) {
      if (requirement.need() == Requirement.Need.REQUIRED) {
        await(requirement);
      }
    }
    Channel router =
        ClientInterceptors.intercept(
            planes.router().channel(identity),
            new InProcessGrants(planes.grants(), identity, planes.clock()),
            new LivingOnly(run));
    PluginContext context = new RouterClients(run::id, plugin, router, new AskedHost());
    List<ServerServiceDefinition> services = new ArrayList<>();
    for (Map.Entry<ServiceName, Function<PluginContext, BindableService>> provided :
        plugin.services().entrySet()) {
      services.add(make(provided.getKey(), provided.getValue(), context));
    }
    return services;
  }

  @Override
  public boolean isNonBlocking(ServerServiceDefinition service) {
    return plugin.nonBlocking().contains(new ServiceName(service.getServiceDescriptor().getName()));
  }

  /** What the plugin tells and asks the host, without a wire. */
  private final class AskedHost implements RouterClients.Host {
    @Override
    public void reportHealth(Health reported, Reason why) {
      own(reported, why);
    }

    @Override
    public List<ServiceName> services() {
      return listed();
    }

    @Override
    public ServiceWatch watch(Requirement used, Consumer<ServiceState> told) {
      return watches.open(used, told);
    }
  }

  private List<ServiceName> listed() {
    try {
      return planes.control().discoveries().list(identity).getServicesList().stream()
          .map(listed -> new ServiceName(listed.getService()))
          .toList();
    } catch (RefusedException e) {
      throw RefusalStatus.of(e);
    }
  }

  private void await(Requirement requirement) throws RefusedException, InterruptedException {
    DiscoverRequest request =
        DiscoverRequest.newBuilder()
            .setService(requirement.service().value())
            .setVersionRange(requirement.versions().toString())
            .setWait(Duration.newBuilder().setSeconds(DISCOVER_WAIT_SECONDS))
            .build();
    CompletableFuture<Optional<DiscoverResponse>> waiting =
        planes.control().discoveries().discover(request, identity);
    Optional<DiscoverResponse> found;
    try {
      found = waiting.get();
    } catch (InterruptedException e) {
      waiting.cancel(/* mayInterruptIfRunning= */ false);
      throw e;
    } catch (ExecutionException e) {
      found = Optional.empty();
    }
    if (found.isEmpty()) {
      throw new IllegalStateException(
          "requires "
              + requirement
              + ": nothing that it may call provided it within "
              + DISCOVER_WAIT_SECONDS
              + " s (expected: a running provider in that version, and a [[rule]] that lets "
              + plugin.name()
              + " call it)");
    }
  }

  private static ServerServiceDefinition make(
      ServiceName name, Function<PluginContext, BindableService> factory, PluginContext context) {
    ServerServiceDefinition service;
    try {
      BindableService bindable = factory.apply(context);
      if (bindable == null) {
        throw new IllegalStateException("the factory made nothing (expected: a service)");
      }
      service = bindable.bindService();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw new IllegalStateException("could not make " + name + ": " + e.getMessage(), e);
    }
    String made = service.getServiceDescriptor().getName();
    if (!made.equals(name.value())) {
      throw new IllegalStateException(
          "provides(\"%s\") made %s (expected: %s)".formatted(name, made, name));
    }
    return service;
  }

  @Override
  public void served() throws RefusedException {
    Map<ServiceName, String> refused = registerMissing();
    if (!refused.isEmpty() && refused.size() == plugin.services().size()) {
      throw new IllegalStateException("could not register its services: " + refused);
    }
    report(refused);
  }

  /** Registers what is not, and returns why the rest is refused. */
  private Map<ServiceName, String> registerMissing() {
    Map<ServiceName, String> refused = new TreeMap<>();
    for (ServiceName service : List.copyOf(missing)) {
      try {
        var unused =
            planes
                .control()
                .claims()
                .register(
                    run.id().runtimeId(),
                    service,
                    plugin.version(),
                    plugin.annotations(),
                    self -> true);
        missing.remove(service);
      } catch (RefusedException e) {
        StatusRuntimeException status = RefusalStatus.of(e);
        refused.put(service, String.valueOf(status.getMessage()));
        LOG.log(Level.WARNING, "{0}: not registered: {1}", run.id().runtimeId(), e.getMessage());
      }
    }
    return refused;
  }

  private void report(Map<ServiceName, String> refused) throws NotAuthenticatedException {
    synchronized (reporting) {
      unregistered = refused.keySet().stream().map(ServiceName::value).collect(joining(", "));
      isServed = true;
      tell();
    }
    if (!refused.isEmpty()) {
      var unused =
          planes
              .threads()
              .timer()
              .schedule(
                  () -> planes.threads().control().execute(this::again),
                  RETRY_SECONDS,
                  TimeUnit.SECONDS);
    }
  }

  /** Takes what the plugin says of itself; the host hears it once the plugin serves. */
  private void own(Health reported, Reason why) {
    try {
      synchronized (reporting) {
        health = reported;
        reason = why;
        tell();
      }
    } catch (NotAuthenticatedException e) {
      LOG.log(Level.DEBUG, "{0} has ended", run.id().runtimeId());
    }
  }

  private void tell() throws NotAuthenticatedException {
    if (!isServed) {
      return;
    }
    if (health == Health.HEALTHY && !unregistered.isEmpty()) {
      String names =
          unregistered.length() > 500 ? unregistered.substring(0, 500) + "..." : unregistered;
      Reason missed = new Reason("not registered: " + names);
      planes.control().health().reported(run, Health.DEGRADED, missed);
    } else {
      planes.control().health().reported(run, health, reason);
    }
  }

  private void again() {
    try {
      if (!run.state().isEnd()) {
        report(registerMissing());
      }
    } catch (NotAuthenticatedException e) {
      LOG.log(Level.DEBUG, "{0} has ended", run.id().runtimeId());
    }
  }

  @Override
  public void failed(String why) {
    planes.runs().ended(run, why);
  }
}
