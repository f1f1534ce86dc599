package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which plugin needs which to start, from what they provide and require. An optional requirement
 * orders nothing. Used by one thread, for one answer.
 */
public final class DependencyGraph {
  /** Most plugins of one graph. */
  public static final int MAX_PLUGINS = 1_000;

  /** Most services that one plugin requires; the same as one enrolment may list. */
  public static final int MAX_REQUIREMENTS = 100;

  /** A plugin, with what it provides, in its own version, and requires. */
  public record Node(
      PluginName plugin, Version version, Set<ServiceName> provides, Set<Requirement> requires) {
    /** Copies the sets. */
    public Node {
      requireNonNull(plugin, "plugin");
      requireNonNull(version, "version");
      provides = Set.copyOf(provides);
      requires = Set.copyOf(requires);
    }
  }

  private final Map<PluginName, Node> nodes = new TreeMap<>();
  private final Map<ServiceName, Set<PluginName>> providers = new HashMap<>();

  /** For each plugin those that start before it. */
  private final Map<PluginName, Set<PluginName>> before = new TreeMap<>();

  private DependencyGraph(Collection<Node> all) {
    for (Node node : all) {
      if (nodes.putIfAbsent(node.plugin(), node) != null) {
        throw new IllegalArgumentException(
            "plugin: " + node.plugin() + " given twice (expected: once)");
      }
      node.provides()
          .forEach(
              service ->
                  providers.computeIfAbsent(service, s -> new TreeSet<>()).add(node.plugin()));
    }
  }

  /**
   * Returns the order to start plugins in: every provider of a required service before the plugin
   * that requires it, and by name where that leaves a choice. What the host itself provides is
   * there before any plugin, so requiring it orders nothing.
   *
   * @throws MissingProviderException if a required service is neither {@code ofHost} nor provided
   *     by a plugin
   * @throws DependencyCycleException if plugins require each other in a circle, or one requires
   *     what it alone provides
   * @throws LimitReachedException if there are more plugins, or requirements of one, than fit
   * @throws IllegalArgumentException if a plugin is given twice
   */
  public static List<PluginName> startOrder(Collection<Node> nodes, Set<ServiceName> ofHost)
      throws MissingProviderException, DependencyCycleException, LimitReachedException {
    requireRoom(nodes);
    DependencyGraph graph = new DependencyGraph(nodes);
    graph.connect(Set.copyOf(ofHost));
    return graph.sorted();
  }

  /**
   * Returns the order to start plugins in once {@code newcomer} is among {@code present}, in the
   * place of the one of its name if there is one. What one of {@code present} lacks already,
   * because its provider was removed, it goes on lacking. Versions count: a provider in a version
   * that will not do is none.
   *
   * @throws MissingProviderException if {@code newcomer} requires what nobody provides, or takes
   *     away what one of {@code present} requires
   * @throws DependencyCycleException if plugins would require each other in a circle
   * @throws LimitReachedException if there is no room for {@code newcomer}
   */
  public static List<PluginName> joined(
      Node newcomer, Collection<Node> present, Set<ServiceName> ofHost)
      throws MissingProviderException, DependencyCycleException, LimitReachedException {
    List<Node> others =
        present.stream().filter(node -> !node.plugin().equals(newcomer.plugin())).toList();
    List<Node> all = new ArrayList<>(others);
    all.add(newcomer);
    Providers before = new Providers(present);
    Providers after = new Providers(all);
    for (Requirement requirement : required(newcomer)) {
      if (!ofHost.contains(requirement.service()) && after.of(requirement).isEmpty()) {
        throw new MissingProviderException(newcomer.plugin(), requirement);
      }
    }
    Set<ServiceName> lost = new HashSet<>(ofHost);
    for (Node other : others) {
      for (Requirement requirement : required(other)) {
        if (!ofHost.contains(requirement.service()) && after.of(requirement).isEmpty()) {
          if (!before.of(requirement).isEmpty()) {
            throw new MissingProviderException(other.plugin(), requirement);
          }
          lost.add(requirement.service());
        }
      }
    }
    return startOrder(all, lost);
  }

  private static void requireRoom(Collection<Node> nodes) throws LimitReachedException {
    if (nodes.size() > MAX_PLUGINS) {
      throw new LimitReachedException("plugins", MAX_PLUGINS);
    }
    for (Node node : nodes) {
      if (node.requires().size() > MAX_REQUIREMENTS) {
        throw new LimitReachedException("requirements of " + node.plugin(), MAX_REQUIREMENTS);
      }
    }
  }

  private void connect(Set<ServiceName> ofHost) throws MissingProviderException {
    for (Node node : nodes.values()) {
      Set<PluginName> first = new TreeSet<>();
      for (Requirement requirement : required(node)) {
        if (!ofHost.contains(requirement.service())) {
          first.addAll(providersFor(node, requirement));
        }
      }
      before.put(node.plugin(), first);
    }
  }

  private static List<Requirement> required(Node node) {
    return node.requires().stream()
        .filter(requirement -> requirement.need() == Requirement.Need.REQUIRED)
        .sorted(Comparator.comparing(Requirement::service))
        .toList();
  }

  /** Returns who must start before {@code node}: itself only if nobody else provides. */
  private Set<PluginName> providersFor(Node node, Requirement requirement)
      throws MissingProviderException {
    Set<PluginName> found = new TreeSet<>(providers.getOrDefault(requirement.service(), Set.of()));
    if (found.isEmpty()) {
      throw new MissingProviderException(node.plugin(), requirement);
    }
    if (found.size() > 1) {
      found.remove(node.plugin());
    }
    return found;
  }

  /** Kahn's algorithm; the queue hands out the smallest name among those that can start. */
  private List<PluginName> sorted() throws DependencyCycleException {
    Map<PluginName, List<PluginName>> after = new HashMap<>();
    Map<PluginName, Integer> waitsFor = new HashMap<>();
    PriorityQueue<PluginName> ready = new PriorityQueue<>();
    before.forEach(
        (plugin, first) -> {
          first.forEach(one -> after.computeIfAbsent(one, p -> new ArrayList<>()).add(plugin));
          waitsFor.put(plugin, first.size());
          if (first.isEmpty()) {
            ready.add(plugin);
          }
        });
    List<PluginName> order = new ArrayList<>(before.size());
    for (PluginName next = ready.poll(); next != null; next = ready.poll()) {
      order.add(next);
      for (PluginName dependent : after.getOrDefault(next, List.of())) {
        if (waitsFor.merge(dependent, -1, Integer::sum) == 0) {
          ready.add(dependent);
        }
      }
    }
    if (order.size() < before.size()) {
      throw new DependencyCycleException(cycleOutside(Set.copyOf(order)));
    }
    return List.copyOf(order);
  }

  /**
   * Returns a circle among the plugins that are not {@code started}: each of them waits for another
   * such plugin, so following the waits must come back. Begins and ends with its smallest name.
   */
  private List<PluginName> cycleOutside(Set<PluginName> started) {
    List<PluginName> path = new ArrayList<>();
    PluginName at = firstOutside(started, before.keySet());
    while (!path.contains(at)) {
      path.add(at);
      at = firstOutside(started, before.getOrDefault(at, Set.of()));
    }
    List<PluginName> cycle = new ArrayList<>(path.subList(path.indexOf(at), path.size()));
    Collections.rotate(cycle, -cycle.indexOf(Collections.min(cycle)));
    cycle.add(cycle.get(0));
    return cycle;
  }

  private static PluginName firstOutside(Set<PluginName> started, Set<PluginName> plugins) {
    return plugins.stream()
        .filter(plugin -> !started.contains(plugin))
        .findFirst()
        .orElseThrow(() -> new AssertionError("a plugin waits for one that has started"));
  }
}
