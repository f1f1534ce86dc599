package dev.tenon.host;

import dev.tenon.auth.Issued;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.SpiffeId;
import dev.tenon.host.control.BackendChannels;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.DependencyCycleException;
import dev.tenon.registry.DependencyGraph;
import dev.tenon.registry.MissingProviderException;
import dev.tenon.transport.Bootstrap;
import dev.tenon.transport.ClientTls;
import dev.tenon.transport.Dns;
import dev.tenon.transport.Endpoint;
import dev.tenon.transport.PeerRule;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The plugins of a host: starts all of them or none, and stops them, dependents first. */
final class Plugins {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final HostSettings.Limits limits;

  /*
   * `started` is written by the starting thread under `this`, and copied out under it. `order` is set
   * once all have enrolled; until then the order of launch stands in.
   */
  private final List<Started> started = new ArrayList<>();
  private List<PluginName> order = List.of();

  /** One plugin that was launched. */
  record Started(PluginDefinition definition, PluginRun run) {
    OptionalLong pid() {
      return run.process().map(LaunchedPlugin::pid).orElse(OptionalLong.empty());
    }
  }

  Plugins(Planes planes, HostSettings.Limits limits) {
    this.planes = planes;
    this.limits = limits;
  }

  synchronized List<Started> all() {
    return List.copyOf(started);
  }

  /**
   * Starts {@code definitions} and waits until all are healthy. They are launched together; each
   * makes its services after those that it requires are there.
   */
  void start(List<PluginDefinition> definitions)
      throws HostStartException, IOException, RefusedException {
    for (PluginDefinition definition : definitions) {
      for (int instance = 0; instance < definition.instances(); instance++) {
        launch(definition);
      }
    }
    Map<PluginName, DependencyGraph.Node> nodes = new LinkedHashMap<>();
    for (Started plugin : all()) {
      PluginName name = plugin.definition().name();
      Enrolled declared = await(plugin, plugin.run().enrolled(), limits.toEnrol(), "enrol");
      Set<ServiceName> provided = planes.provided(name, declared);
      requireShared(plugin.definition(), provided);
      nodes.putIfAbsent(name, new DependencyGraph.Node(name, provided, declared.requires()));
    }
    try {
      List<PluginName> startOrder =
          DependencyGraph.startOrder(List.copyOf(nodes.values()), planes.offers().keySet());
      synchronized (this) {
        order = startOrder;
      }
    } catch (MissingProviderException | DependencyCycleException e) {
      throw new HostStartException(
          HostStartException.Kind.PLUGIN, String.valueOf(e.getMessage()), e);
    }
    for (Started plugin : all()) {
      await(plugin, plugin.run().healthy(), limits.toHealthy(), "become healthy");
      LOG.log(
          Level.INFO,
          "plugin {0} is healthy, isolation {1}",
          plugin.run().id().runtimeId(),
          plugin.definition().runtime().isolation());
    }
  }

  /** Several runs of a plugin cannot each be the only provider. */
  private void requireShared(PluginDefinition definition, Set<ServiceName> provided)
      throws HostStartException {
    if (definition.instances() == 1) {
      return;
    }
    for (ServiceName service : provided) {
      if (planes.isExclusive(definition.name(), service)) {
        throw new HostStartException(
            HostStartException.Kind.CONFIGURATION,
            "plugin "
                + definition.name()
                + ": instances: "
                + definition.instances()
                + " and exclusive provider of "
                + service
                + " (expected: 1 instance, or exclusive = false in its [[provide]])");
      }
    }
  }

  private void launch(PluginDefinition definition)
      throws HostStartException, IOException, RefusedException {
    RuntimeId runtimeId =
        planes.trust().mint().runtimeId(definition.name(), planes.runs()::isTaken);
    SpiffeId.OfPlugin id = new SpiffeId.OfPlugin(planes.identity().id(), runtimeId);
    Endpoint listen = planes.places().pluginListener(runtimeId);
    ClientTls tls = new ClientTls(planes.identity(), PeerRule.exactly(id), Dns.PLUGIN);
    BackendChannels channels =
        new BackendChannels(
            () ->
                planes
                    .transport()
                    .channel(listen, tls)
                    .directExecutor()
                    .maxInboundMessageSize(planes.runs().maxMessageBytes())
                    .build());
    PluginRun run = new PluginRun(id, definition.version(), channels);
    planes.runs().add(run);
    Started plugin = new Started(definition, run);
    synchronized (this) {
      started.add(plugin);
    }
    planes
        .audit()
        .success(
            "lifecycle",
            PluginName.HOST,
            "start",
            runtimeId.value(),
            Map.of("isolation", definition.runtime().isolation().toString()));
    Launch launch =
        new Launch(
            runtimeId,
            planes.places().stateOf(definition.name()),
            bootstrap(runtimeId, listen).toJsonLine());
    try {
      LaunchedPlugin launched = definition.runtime().launch(launch);
      run.launched(launched);
      var unused =
          launched
              .exit()
              .thenAccept(status -> planes.runs().ended(run, "ended with status " + status));
    } catch (LaunchException e) {
      planes.runs().ended(run, "could not be started");
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  private Bootstrap bootstrap(RuntimeId runtimeId, Endpoint listen) throws RefusedException {
    Issued token = planes.trust().enrolmentTokens().issue(runtimeId);
    return new Bootstrap(
        runtimeId.plugin(),
        runtimeId,
        planes.addresses().enrol(),
        planes.addresses().control(),
        planes.addresses().data(),
        Dns.HOST,
        planes.identity().id(),
        planes.trust().bundleForPlugins(),
        token.token(),
        token.expires(),
        listen);
  }

  private <T> T await(Started plugin, CompletableFuture<T> step, Duration limit, String what)
      throws HostStartException {
    String name = "plugin " + plugin.definition().name();
    try {
      return step.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw failed(plugin, name + ": did not " + what + " (expected: within " + limit + ")", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw failed(plugin, cause.getMessage() + " (expected: to " + what + ")", cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(plugin, name + ": start was interrupted", e);
    }
  }

  private static HostStartException failed(Started plugin, String message, Throwable cause) {
    List<String> output = plugin.run().process().map(LaunchedPlugin::lastOutput).orElse(List.of());
    String printed = output.isEmpty() ? "" : "\nits last output:\n  " + String.join("\n  ", output);
    return new HostStartException(HostStartException.Kind.PLUGIN, message + printed, cause);
  }

  /** Stops all plugins, dependents before what they depend on. */
  void stop() {
    List<Started> stopping = new ArrayList<>(all());
    List<PluginName> startOrder;
    synchronized (this) {
      startOrder = order;
    }
    Collections.reverse(stopping);
    stopping.sort(
        Comparator.comparingInt(plugin -> -startOrder.indexOf(plugin.definition().name())));
    PluginStop stop = new PluginStop(limits.stopGrace(), planes);
    stopping.forEach(plugin -> stop.stop(plugin.run()));
  }
}
