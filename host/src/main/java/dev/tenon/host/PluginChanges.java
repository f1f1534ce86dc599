package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.control.Order;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.StartMode;
import dev.tenon.registry.DependencyGraph;
import dev.tenon.registry.Registration;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What changes the plugins of a running host: added, removed, replaced. Thread-safe; one change of
 * a plugin at a time.
 */
final class PluginChanges {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Planes planes;
  private final Plugins plugins;
  private final Roster roster;
  private final Arrivals arrivals;
  private final Dependencies dependencies;
  private final HostSettings.Limits limits;
  private final Set<PluginName> changing = ConcurrentHashMap.newKeySet();

  PluginChanges(
      Planes planes,
      Plugins plugins,
      Roster roster,
      Dependencies dependencies,
      HostSettings.Limits limits) {
    this.planes = planes;
    this.plugins = plugins;
    this.roster = roster;
    this.dependencies = dependencies;
    this.limits = limits;
    arrivals = new Arrivals(limits);
  }

  /** Another change of the plugin is under way. */
  static final class BeingChangedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    BeingChangedException(PluginName plugin) {
      super("plugin " + plugin + ": is being changed (expected: one change of it at a time)");
    }
  }

  private static IllegalArgumentException unusable(PluginName plugin, String why) {
    return new IllegalArgumentException("plugin: " + plugin + why);
  }

  private void begin(PluginName plugin) {
    if (!changing.add(plugin)) {
      throw new BeingChangedException(plugin);
    }
  }

  /** Starts {@code definition} and returns when it is healthy; all of it or nothing. */
  void add(PluginDefinition definition, Order order) throws PluginChangeException {
    PluginName name = definition.name();
    requireStartedHere(definition);
    begin(name);
    try {
      if (!plugins.supervisor().of(name).isEmpty()) {
        throw unusable(name, " (expected: one that the host does not have yet)");
      }
      Newcomers newcomers = new Newcomers(definition);
      try {
        planes
            .audit()
            .success(
                "lifecycle", order.actor(), "add", name.value(), Map.of("reason", order.reason()));
        newcomers.launch(run -> {});
        for (Plugins.Started run : newcomers.runs) {
          plugins.joined(run, arrivals.enrolled(run));
        }
        newcomers.awaitHealthy();
      } catch (HostStartException | IOException | RefusedException | RuntimeException e) {
        newcomers.undo();
        dependencies.restore(name, Optional.empty());
        throw failed(name, e);
      }
    } finally {
      changing.remove(name);
    }
  }

  private static void requireStartedHere(PluginDefinition definition) {
    if (definition.runtime().remote().isPresent() || definition.start() != StartMode.EAGER) {
      throw unusable(
          definition.name(), " comes later or by itself (expected: one that starts at once)");
    }
  }

  private static PluginChangeException failed(PluginName name, Exception cause) {
    String why = String.valueOf(cause.getMessage());
    String prefix = "plugin " + name;
    return new PluginChangeException(
        why.startsWith(prefix) || why.startsWith("plugins ") ? why : prefix + ": " + why, cause);
  }

  /** Runs that are started for a change, and that are gone without a trace if it fails. */
  private final class Newcomers {
    private final PluginDefinition definition;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Plugins.Started> runs = new ArrayList<>();

    Newcomers(PluginDefinition definition) {
      this.definition = definition;
    }

    void launch(Consumer<Plugins.Started> added)
        throws HostStartException, IOException, RefusedException {
      Launcher launcher = new Launcher(planes);
      for (int instance = 0; instance < definition.instances(); instance++) {
        Slot slot = plugins.keptSlot(definition);
        slots.add(slot);
        runs.add(
            launcher.launch(
                slot,
                run -> {
                  roster.add(run);
                  added.accept(run);
                }));
      }
    }

    void awaitHealthy() throws HostStartException {
      for (Plugins.Started run : runs) {
        arrivals.healthy(run);
      }
    }

    Set<RuntimeId> ids() {
      return runs.stream().map(run -> run.run().id().runtimeId()).collect(Collectors.toSet());
    }

    void undo() {
      end(slots, limits.stopGrace());
    }
  }

  /** Ends what is in {@code slots}, and forgets them. */
  private void end(List<Slot> slots, Duration calls) {
    slots.forEach(Slot::release);
    PluginStop stop = new PluginStop(limits.stopGrace(), planes);
    slots.forEach(slot -> slot.current().ifPresent(run -> stop.stop(run.run(), calls)));
    plugins.supervisor().forget(slots);
  }

  /**
   * Ends {@code name}: it gets no new calls, those who watch its services are told, its calls may
   * end, then it is stopped, and all that it had is taken back.
   *
   * @return the plugins that require what nobody provides any more
   */
  List<PluginName> remove(PluginName name, Order order) throws AuditFailedException {
    begin(name);
    try {
      List<Slot> slots = plugins.supervisor().of(name);
      if (slots.isEmpty()) {
        throw unusable(name, " (expected: one of this host's)");
      }
      List<PluginName> dependents = dependencies.dependents(name);
      planes
          .audit()
          .success(
              "lifecycle",
              order.actor(),
              "remove",
              name.value(),
              Map.of("reason", order.reason(), "dependents", dependents.toString()));
      if (!dependents.isEmpty()) {
        LOG.log(Level.WARNING, "plugin {0} is removed, and required by {1}", name, dependents);
      }
      plugins.startNoMore(name);
      slots.forEach(Slot::release);
      slots.forEach(slot -> slot.current().ifPresent(run -> planes.runs().withdraw(run.run())));
      end(slots, limits.stopGrace());
      dependencies.gone(name);
      return dependents;
    } finally {
      changing.remove(name);
    }
  }

  /**
   * Puts {@code next} in the place of the plugin of its name: the new runs are started beside the
   * old ones and get no calls until all are healthy, then get them all in one step; the old ones
   * finish theirs, for at most {@code calls}, and are stopped. If anything fails before that step,
   * the old ones have never ceased to serve.
   */
  void replace(PluginDefinition next, Duration calls, Order order) throws PluginChangeException {
    PluginName name = next.name();
    requireStartedHere(next);
    begin(name);
    try {
      List<Slot> old = plugins.supervisor().of(name);
      if (old.isEmpty()) {
        throw unusable(name, " (expected: one of this host's)");
      }
      requireStartedByUs(old);
      Optional<DependencyGraph.Node> before = dependencies.node(name);
      Newcomers newcomers = new Newcomers(next);
      try {
        newcomers.launch(run -> planes.registry().standBy(run.run().id().runtimeId()));
        for (Plugins.Started run : newcomers.runs) {
          Enrolled declared = arrivals.enrolled(run);
          plugins.joined(run, declared);
        }
        newcomers.awaitHealthy();
        requireRegistered(newcomers.runs);
        takeOver(old, newcomers, order);
      } catch (HostStartException
          | IOException
          | RefusedException
          | PluginChangeException
          | RuntimeException e) {
        newcomers.undo();
        dependencies.restore(name, before);
        throw e instanceof PluginChangeException changed ? changed : failed(name, e);
      }
      plugins.startNoMore(name);
      end(old, calls);
    } finally {
      changing.remove(name);
    }
  }

  private static void requireStartedByUs(List<Slot> slots) {
    for (Slot slot : slots) {
      if (slot.definition().runtime().remote().isPresent()) {
        throw unusable(
            slot.definition().name(), " comes by itself (expected: one that the host starts)");
      }
    }
  }

  /** A successor that may not provide all that it declares, as things are, is not one. */
  private void requireRegistered(List<Plugins.Started> runs) throws PluginChangeException {
    for (Plugins.Started run : runs) {
      RuntimeId id = run.run().id().runtimeId();
      Set<ServiceName> missing =
          new HashSet<>(planes.provided(id.plugin(), run.run().enrolled().join()));
      planes.registry().registrations(id).stream()
          .map(Registration::service)
          .forEach(missing::remove);
      if (!missing.isEmpty()) {
        throw new PluginChangeException(
            "plugin "
                + id.plugin()
                + ": did not register "
                + missing
                + " (expected: all that it declares and may provide)");
      }
    }
  }

  /** The one step that cannot be seen half done. */
  private void takeOver(List<Slot> old, Newcomers newcomers, Order order)
      throws AuditFailedException, PluginChangeException {
    PluginName name = newcomers.definition.name();
    List<Plugins.Started> leaving = old.stream().flatMap(slot -> slot.current().stream()).toList();
    planes
        .audit()
        .success(
            "lifecycle",
            order.actor(),
            "replace",
            name.value(),
            Map.of(
                "reason",
                order.reason(),
                "old",
                leaving.stream()
                    .map(run -> run.run().id().runtimeId().value())
                    .collect(Collectors.joining(" ")),
                "new",
                newcomers.ids().stream()
                    .map(RuntimeId::value)
                    .sorted()
                    .collect(Collectors.joining(" "))));
    if (!planes.registry().takeOver(newcomers.ids())) {
      throw new PluginChangeException(
          "plugin "
              + name
              + ": its new run has ended or lost its connection (expected: neither before it takes"
              + " over)");
    }
    old.forEach(Slot::release);
    LOG.log(Level.INFO, "plugin {0} is {1} now", name, newcomers.ids());
  }
}
