package dev.tenon.registry;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the end of one plugin would mean for the others. Immutable.
 *
 * @param services what nobody would provide any more, in no version
 * @param plugins those that could not do their work: each requires something that only the plugin,
 *     or another of these, provides in a version that will do
 * @param optional those that would notice and go on: they use something of the plugin or of {@code
 *     plugins}, and can do without it or have another provider in a version that will do
 */
public record Impact(
    SortedSet<ServiceName> services,
    SortedSet<PluginName> plugins,
    SortedSet<PluginName> optional) {
  /** Nothing: of a plugin that nobody knows or needs. */
  public static final Impact NONE = new Impact(Set.of(), Set.of(), Set.of());

  /** Copies the sets. */
  public Impact {
    services = Collections.unmodifiableSortedSet(new TreeSet<>(services));
    plugins = Collections.unmodifiableSortedSet(new TreeSet<>(plugins));
    optional = Collections.unmodifiableSortedSet(new TreeSet<>(optional));
  }

  private Impact(Set<ServiceName> services, Set<PluginName> plugins, Set<PluginName> optional) {
    this(new TreeSet<>(services), new TreeSet<>(plugins), new TreeSet<>(optional));
  }

  /**
   * Returns what the end of {@code plugin} would mean among {@code nodes}. What the host itself
   * provides, {@code ofHost}, stays. A requirement that nobody meets is not met before either, and
   * so tells nothing.
   */
  public static Impact of(
      PluginName plugin, Collection<DependencyGraph.Node> nodes, Set<ServiceName> ofHost) {
    Set<PluginName> gone = new TreeSet<>(Set.of(plugin));
    boolean more = nodes.stream().anyMatch(node -> node.plugin().equals(plugin));
    if (!more) {
      return NONE;
    }
    Providers providers = new Providers(nodes);
    while (more) {
      more = false;
      for (DependencyGraph.Node node : nodes) {
        more |=
            !gone.contains(node.plugin())
                && falls(node, gone, providers, ofHost)
                && gone.add(node.plugin());
      }
    }
    Set<PluginName> optional = new TreeSet<>();
    Set<ServiceName> services = new TreeSet<>();
    for (DependencyGraph.Node node : nodes) {
      if (!gone.contains(node.plugin())) {
        if (node.requires().stream()
            .anyMatch(
                used -> !ofHost.contains(used.service()) && isMetBySome(used, gone, providers))) {
          optional.add(node.plugin());
        }
      } else {
        services.addAll(node.provides());
      }
    }
    nodes.stream()
        .filter(node -> !gone.contains(node.plugin()))
        .forEach(node -> services.removeAll(node.provides()));
    services.removeAll(ofHost);
    gone.remove(plugin);
    return new Impact(services, gone, optional);
  }

  private static boolean falls(
      DependencyGraph.Node node,
      Set<PluginName> gone,
      Providers providers,
      Set<ServiceName> ofHost) {
    return node.requires().stream()
        .filter(requirement -> requirement.need() == Requirement.Need.REQUIRED)
        .filter(requirement -> !ofHost.contains(requirement.service()))
        .map(providers::of)
        .anyMatch(found -> !found.isEmpty() && gone.containsAll(names(found)));
  }

  private static boolean isMetBySome(
      Requirement requirement, Set<PluginName> gone, Providers providers) {
    return names(providers.of(requirement)).stream().anyMatch(gone::contains);
  }

  private static List<PluginName> names(List<DependencyGraph.Node> nodes) {
    return nodes.stream().map(DependencyGraph.Node::plugin).toList();
  }
}
