package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.host.control.Enrolled;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.registry.DependencyCycleException;
import dev.tenon.registry.DependencyGraph;
import dev.tenon.registry.Impact;
import dev.tenon.registry.LimitReachedException;
import dev.tenon.registry.MissingProviderException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** What the plugins of a host said that they provide and require, one entry a name. Thread-safe. */
final class Dependencies {
  /*
   * Writers take turns under `this` and publish the next graph whole; who asks works on the one that
   * it has loaded. What does not fit into the graph has never been in it.
   */
  private final Planes planes;
  private final Set<PluginName> comingLater = ConcurrentHashMap.newKeySet();
  private volatile Graph graph = new Graph(Map.of(), List.of());

  /** The plugins, and the order of the last change that was checked. */
  private record Graph(Map<PluginName, DependencyGraph.Node> nodes, List<PluginName> order) {
    Graph {
      nodes = Map.copyOf(nodes);
      order = List.copyOf(order);
    }

    Graph with(PluginName plugin, Optional<DependencyGraph.Node> node) {
      Map<PluginName, DependencyGraph.Node> next = new TreeMap<>(nodes);
      next.remove(plugin);
      node.ifPresent(there -> next.put(plugin, there));
      return new Graph(next, order);
    }

    Graph ordered(List<PluginName> next) {
      return new Graph(nodes, next);
    }
  }

  Dependencies(Planes planes, List<PluginDefinition> definitions) {
    this.planes = planes;
    definitions.forEach(definition -> comingLater.add(definition.name()));
  }

  private DependencyGraph.Node declared(PluginName plugin, Enrolled declared) {
    return new DependencyGraph.Node(
        plugin, declared.version(), planes.provided(plugin, declared), declared.requires());
  }

  /** Notes what {@code plugin} declared; the runs of one plugin declare the same. */
  synchronized void note(PluginName plugin, Enrolled declared) {
    graph = graph.with(plugin, Optional.of(declared(plugin, declared)));
  }

  /**
   * Takes what {@code plugin} declared, in the place of what was known of it, if all fits together
   * then; else nothing has changed.
   *
   * @throws HostStartException if something would be missing, or plugins would require each other
   *     in a circle; the message names them
   * @throws LimitReachedException if the graph is full
   */
  synchronized void join(PluginName plugin, Enrolled declared)
      throws HostStartException, LimitReachedException {
    DependencyGraph.Node node = declared(plugin, declared);
    Graph next = graph.with(plugin, Optional.of(node));
    try {
      graph =
          next.ordered(
              DependencyGraph.joined(
                  node, graph.nodes().values(), fromElsewhere(next.nodes().values())));
    } catch (MissingProviderException | DependencyCycleException e) {
      throw unfit(e);
    }
  }

  private static HostStartException unfit(Exception cause) {
    return new HostStartException(
        HostStartException.Kind.PLUGIN, String.valueOf(cause.getMessage()), cause);
  }

  /** Takes that {@code plugin} is gone, and does not come later either. */
  synchronized void gone(PluginName plugin) {
    graph = graph.with(plugin, Optional.empty());
    comingLater.remove(plugin);
  }

  /** Returns what is known of {@code plugin}. */
  Optional<DependencyGraph.Node> node(PluginName plugin) {
    return Optional.ofNullable(graph.nodes().get(plugin));
  }

  /** Puts back what was known of {@code plugin} before a change that failed. */
  synchronized void restore(PluginName plugin, Optional<DependencyGraph.Node> before) {
    graph = graph.with(plugin, before);
  }

  /** Returns the plugins that require what {@code plugin} provides and nobody else does. */
  List<PluginName> dependents(PluginName plugin) {
    Map<PluginName, DependencyGraph.Node> nodes = graph.nodes();
    DependencyGraph.Node leaving = nodes.get(plugin);
    if (leaving == null) {
      return List.of();
    }
    Set<ServiceName> only = new HashSet<>(leaving.provides());
    nodes.values().stream()
        .filter(node -> !node.plugin().equals(plugin))
        .forEach(node -> only.removeAll(node.provides()));
    only.removeAll(planes.offered().all().keySet());
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
  boolean isProvided(ServiceName service) {
    return planes.offered().all().containsKey(service)
        || planes.others().mayProvide(service)
        || graph.nodes().values().stream().anyMatch(node -> node.provides().contains(service));
  }

  /**
   * Takes out, until the rest fits together, what requires something that is missing, and plugins
   * that require each other in a circle. What did not get there, or does not fit, and {@code
   * isRequired}, does not come later either: the start fails for it. Anything else may.
   *
   * @param gone plugins, all required, that did not get there
   * @return what was taken out, with why
   * @throws LimitReachedException if there are more than the graph takes
   */
  synchronized Map<PluginName, HostStartException> settle(
      Predicate<PluginName> isRequired, Set<PluginName> gone) throws LimitReachedException {
    comingLater.removeAll(gone);
    Map<PluginName, HostStartException> unfit = new TreeMap<>();
    while (true) {
      Collection<DependencyGraph.Node> nodes = graph.nodes().values();
      try {
        graph = graph.ordered(DependencyGraph.startOrder(nodes, fromElsewhere(nodes)));
        return unfit;
      } catch (MissingProviderException e) {
        takeOut(List.of(e.plugin()), unfit(e), isRequired, unfit);
      } catch (DependencyCycleException e) {
        takeOut(e.cycle(), unfit(e), isRequired, unfit);
      }
    }
  }

  private void takeOut(
      List<PluginName> plugins,
      HostStartException why,
      Predicate<PluginName> isRequired,
      Map<PluginName, HostStartException> unfit) {
    for (PluginName plugin : plugins) {
      unfit.put(plugin, why);
      graph = graph.with(plugin, Optional.empty());
      if (isRequired.test(plugin)) {
        comingLater.remove(plugin);
      }
    }
  }

  /** Returns what the end of {@code plugin}, in all of its runs, would mean for the others. */
  Impact impact(PluginName plugin) {
    return Impact.of(plugin, graph.nodes().values(), planes.offered().all().keySet());
  }

  /** What the host offers, and what plugins that have not come yet may provide. */
  private Set<ServiceName> fromElsewhere(Collection<DependencyGraph.Node> nodes) {
    Set<ServiceName> elsewhere = new HashSet<>(planes.offered().all().keySet());
    for (DependencyGraph.Node node : nodes) {
      node.requires().stream()
          .map(Requirement::service)
          .filter(
              service ->
                  planes.others().mayProvide(service)
                      || comingLater.stream().anyMatch(name -> mayStillBring(name, service)))
          .forEach(elsewhere::add);
    }
    return elsewhere;
  }

  private boolean mayStillBring(PluginName plugin, ServiceName service) {
    return !graph.nodes().containsKey(plugin) && planes.mayProvide(plugin, service);
  }

  /** Returns the order of the last check that found nothing wrong. */
  List<PluginName> order() {
    return graph.order();
  }
}
