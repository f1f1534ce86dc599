package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.StartMode;
import dev.tenon.registry.DependencyCycleException;
import dev.tenon.registry.DependencyGraph;
import dev.tenon.registry.Impact;
import dev.tenon.registry.MissingProviderException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the plugins of a host said that they provide and require, one entry a name. Thread-safe. */
final class Dependencies {
  private final Planes planes;

  /* Guarded by `this`. `order` is empty until the first check. */
  private final Set<PluginName> comingLater = new HashSet<>();
  private final Map<PluginName, DependencyGraph.Node> nodes = new LinkedHashMap<>();
  private List<PluginName> order = List.of();

  Dependencies(Planes planes, List<PluginDefinition> definitions) {
    this.planes = planes;
    comingLater.addAll(
        definitions.stream()
            .filter(
                definition ->
                    definition.start() == StartMode.LAZY
                        || definition.runtime().remote().isPresent())
            .map(PluginDefinition::name)
            .toList());
  }

  /** Notes what {@code plugin} declared; the runs of one plugin declare the same. */
  synchronized void note(PluginName plugin, Enrolled declared) {
    nodes.put(
        plugin,
        new DependencyGraph.Node(
            plugin, declared.version(), planes.provided(plugin, declared), declared.requires()));
  }

  synchronized void forget(PluginName plugin) {
    nodes.remove(plugin);
  }

  /** Takes that {@code plugin} is gone, and does not come later either. */
  synchronized void gone(PluginName plugin) {
    nodes.remove(plugin);
    comingLater.remove(plugin);
  }

  /** Returns what is known of {@code plugin}. */
  synchronized Optional<DependencyGraph.Node> node(PluginName plugin) {
    return Optional.ofNullable(nodes.get(plugin));
  }

  /** Puts back what was known of {@code plugin} before a change that failed. */
  synchronized void restore(PluginName plugin, Optional<DependencyGraph.Node> before) {
    nodes.remove(plugin);
    before.ifPresent(node -> nodes.put(plugin, node));
  }

  /** Returns the plugins that require what {@code plugin} provides and nobody else does. */
  synchronized List<PluginName> dependents(PluginName plugin) {
    DependencyGraph.Node leaving = nodes.get(plugin);
    if (leaving == null) {
      return List.of();
    }
    Set<ServiceName> only = new HashSet<>(leaving.provides());
    nodes.values().stream()
        .filter(node -> !node.plugin().equals(plugin))
        .forEach(node -> only.removeAll(node.provides()));
    only.removeAll(planes.offers().keySet());
    return nodes.values().stream()
        .filter(node -> !node.plugin().equals(plugin))
        .filter(node -> requiresAny(node, only))
        .map(DependencyGraph.Node::plugin)
        .sorted()
        .toList();
  }

  private static boolean requiresAny(DependencyGraph.Node node, Set<ServiceName> services) {
    return node.requires().stream()
        .anyMatch(
            requirement ->
                requirement.need() == Requirement.Need.REQUIRED
                    && services.contains(requirement.service()));
  }

  /** Returns whether a plugin that has declared itself provides {@code service}, or the host. */
  synchronized boolean isProvided(ServiceName service) {
    return planes.offers().containsKey(service)
        || nodes.values().stream().anyMatch(node -> node.provides().contains(service));
  }

  /**
   * Checks that all that is required can be there.
   *
   * @throws HostStartException if something is missing, or plugins require each other in a circle,
   *     which the message lists
   */
  synchronized void check() throws HostStartException {
    try {
      order = DependencyGraph.startOrder(List.copyOf(nodes.values()), fromElsewhere());
    } catch (MissingProviderException | DependencyCycleException e) {
      throw new HostStartException(
          HostStartException.Kind.PLUGIN, String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns what the end of {@code plugin}, in all of its runs, would mean for the others. */
  synchronized Impact impact(PluginName plugin) {
    return Impact.of(plugin, nodes.values(), planes.offers().keySet());
  }

  /** What the host offers, and what plugins that have not come yet may provide. */
  private Set<ServiceName> fromElsewhere() {
    Set<ServiceName> elsewhere = new HashSet<>(planes.offers().keySet());
    for (DependencyGraph.Node node : nodes.values()) {
      node.requires().stream()
          .map(Requirement::service)
          .filter(service -> comingLater.stream().anyMatch(name -> mayStillBring(name, service)))
          .forEach(elsewhere::add);
    }
    return elsewhere;
  }

  private boolean mayStillBring(PluginName plugin, ServiceName service) {
    return !nodes.containsKey(plugin) && planes.mayProvide(plugin, service);
  }

  /** Returns the order of the last check that found nothing wrong. */
  synchronized List<PluginName> order() {
    return order;
  }
}
