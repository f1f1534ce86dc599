package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RefusedException;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.StartMode;
import dev.tenon.registry.Impact;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.Registration;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The plugins of a host: starts those that are required or none, and stops them, dependents first.
 */
final class Plugins {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final HostSettings.Limits limits;
  private final Arrivals arrivals;
  private final Roster roster = new Roster();
  private final Dependencies dependencies;
  private final LazyPlugins lazy;
  private final RemotePlugins remote;
  private final HealthPolls polls;
  private final Supervisor supervisor;
  private final PluginChanges changes;
  private final RequiredPlugins required;

  /** One run that was launched in a slot. */
  record Started(Slot slot, PluginRun run) {
    PluginDefinition definition() {
      return slot.definition();
    }

    /** Returns where it stands: waiting for its successor too. */
    PluginState state() {
      return slot.stateOf(this);
    }

    OptionalLong pid() {
      return run.process().map(LaunchedPlugin::pid).orElse(OptionalLong.empty());
    }
  }

  Plugins(Planes planes, HostSettings settings, List<PluginDefinition> definitions) {
    this.planes = planes;
    limits = settings.limits();
    arrivals = new Arrivals(limits);
    dependencies = new Dependencies(planes, definitions);
    supervisor = new Supervisor(planes, settings, roster, this::followed);
    required = settings.required();
    lazy = new LazyPlugins(this, planes, roster, arrivals);
    remote = new RemotePlugins(planes, roster, settings.sources().clock());
    polls = new HealthPolls(planes, settings.polling());
    changes = new PluginChanges(planes, this, roster, dependencies, limits);
  }

  /** Returns how each run stands, by name. */
  List<PluginStatus> statuses() {
    return roster.all().stream()
        .map(
            plugin ->
                new PluginStatus(
                    plugin.run().id().runtimeId().plugin(),
                    plugin.run().id().runtimeId(),
                    plugin.pid(),
                    plugin.definition().runtime().isolation(),
                    plugin.state(),
                    planes.router().inFlight(plugin.run().id().runtimeId()),
                    planes.registry().registrations(plugin.run().id().runtimeId()).stream()
                        .map(Registration::service)
                        .toList()))
        .sorted(
            Comparator.comparing(PluginStatus::name)
                .thenComparing(status -> status.runtimeId().value()))
        .toList();
  }

  /**
   * Starts {@code definitions} and waits until all are healthy, or have failed once, that are not
   * to come later. They are launched together; each makes its services after those that it requires
   * are there.
   *
   * @throws HostStartException if one that is required did not get there; names all such
   */
  void start(List<PluginDefinition> definitions)
      throws HostStartException, IOException, RefusedException {
    for (PluginDefinition definition : definitions) {
      if (definition.runtime().remote().isPresent()) {
        remote.offer(supervisor.slot(definition));
      } else if (definition.start() == StartMode.LAZY) {
        lazy.add(definition);
      }
    }
    FirstStart start = new FirstStart(planes, this, dependencies, required);
    List<Started> launched =
        start.launch(
            definitions.stream().filter(RequiredPlugins::startsWithHost).toList(), roster::add);
    planes.whenMissing(lazy);
    List<Started> fitting = start.fitting(start.through(launched, this::enrolled));
    for (Started plugin : fitting) {
      plugin.run().enrolled().join().requires().forEach(this::wake);
    }
    var unused = start.through(fitting, arrivals::healthy);
    start.requireAll();
    polls.start();
  }

  private void enrolled(Started plugin) throws HostStartException {
    Enrolled declared = arrivals.enrolled(plugin);
    requireShared(plugin.definition(), planes.provided(plugin.definition().name(), declared));
    dependencies.note(plugin.definition().name(), declared);
  }

  /** Makes a slot that is filled again when its run ends. */
  Slot keptSlot(PluginDefinition definition) {
    Slot slot = supervisor.slot(definition);
    slot.keep();
    return slot;
  }

  /** Starts {@code plugin} no more, neither when it is called nor when it comes by itself. */
  void startNoMore(PluginName plugin) {
    lazy.remove(plugin);
    remote.remove(plugin);
  }

  /** Returns what adds, removes and replaces plugins. */
  PluginChanges changes() {
    return changes;
  }

  Supervisor supervisor() {
    return supervisor;
  }

  /**
   * Returns where {@code plugin} stands, for each instance.
   *
   * @throws IllegalArgumentException if the host has no such plugin
   */
  List<PluginState> states(PluginName plugin) {
    List<Slot> slots = supervisor.of(plugin);
    if (slots.isEmpty()) {
      throw new IllegalArgumentException("plugin: " + plugin + " (expected: one of this host's)");
    }
    return slots.stream().map(Slot::state).toList();
  }

  /** Takes what a plugin that is started later declares, and starts what that requires. */
  void joined(Started plugin, Enrolled declared) throws HostStartException, LimitReachedException {
    PluginName name = plugin.definition().name();
    requireShared(plugin.definition(), planes.provided(name, declared));
    dependencies.join(name, declared);
    declared.requires().forEach(this::wake);
  }

  /**
   * Takes what a run declares that follows another. The others know of its plugin already, unless
   * no run of it got so far.
   */
  private void followed(Started run, Enrolled declared) {
    PluginName name = run.definition().name();
    if (dependencies.node(name).isPresent()) {
      declared.requires().forEach(this::wake);
      return;
    }
    try {
      joined(run, declared);
      if (supervisor.of(name).isEmpty()) {
        dependencies.gone(name); // removed meanwhile
      }
    } catch (HostStartException e) {
      giveUp(run, e.shortlyOf(name));
    } catch (LimitReachedException e) {
      giveUp(run, String.valueOf(e.getMessage()));
    }
  }

  private void giveUp(Started run, String why) {
    LOG.log(Level.WARNING, "plugin {0}: {1}", run.definition().name(), why);
    planes.runs().giveUp(run.run(), why);
  }

  private void wake(Requirement requirement) {
    if (requirement.need() == Requirement.Need.REQUIRED
        && !dependencies.isProvided(requirement.service())) {
      lazy.wake(requirement.service());
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

  /**
   * Stops all plugins, dependents before what they depend on; those that others started live on.
   */
  void stop() {
    polls.close();
    supervisor.close();
    List<Started> stopping = new ArrayList<>(roster.close());
    List<PluginName> startOrder = dependencies.order();
    Collections.reverse(stopping);
    stopping.sort(
        Comparator.comparingInt(plugin -> -startOrder.indexOf(plugin.definition().name())));
    PluginStop stop = new PluginStop(limits.stopGrace(), planes);
    for (Started plugin : stopping) {
      if (plugin.definition().runtime().remote().isPresent()) {
        stop.leave(plugin.run());
      } else {
        stop.stop(plugin.run());
      }
    }
    remote.close();
    lazy.close();
  }

  /** Returns what the end of {@code plugin}, in all of its runs, would mean for the others. */
  Impact impact(PluginName plugin) {
    return dependencies.impact(plugin);
  }

  /** Stops one plugin that was started in vain. */
  void stop(Started plugin) {
    new PluginStop(limits.stopGrace(), planes).stop(plugin.run());
  }
}
