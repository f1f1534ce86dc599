package dev.tenon.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.core.PluginName;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.StartMode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which plugins the start of a host cannot do without: those that are named, or all that start with
 * it.
 */
record RequiredPlugins(Set<String> names) {
  /** Stands for all plugins that start with the host. */
  static final String ALL = "*";

  static final RequiredPlugins NONE = new RequiredPlugins(Set.of());

  /**
   * Copies the names.
   *
   * @throws IllegalArgumentException if one is neither {@link #ALL} nor the name of a plugin
   */
  RequiredPlugins {
    names = Set.copyOf(names);
    for (String name : names) {
      if (!name.equals(ALL)) {
        var unused = new PluginName(name);
      }
    }
  }

  boolean contains(PluginName plugin) {
    return names.contains(ALL) || names.contains(plugin.value());
  }

  /**
   * Checks that {@code definitions} has all that are named, each as one that starts with the host.
   *
   * @throws HostStartException with all that it has not
   */
  void check(List<PluginDefinition> definitions) throws HostStartException {
    Set<String> unknown = new TreeSet<>(names);
    unknown.remove(ALL);
    definitions.stream()
        .filter(RequiredPlugins::startsWithHost)
        .forEach(definition -> unknown.remove(definition.name().value()));
    if (!unknown.isEmpty()) {
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION,
          unknown.stream()
              .map(
                  name ->
                      "plugin "
                          + name
                          + ": required, and not among those that start with the host (expected:"
                          + " configured, and neither lazy nor remote)")
              .collect(joining("\n")));
    }
  }

  static boolean startsWithHost(PluginDefinition definition) {
    return definition.start() == StartMode.EAGER && definition.runtime().remote().isEmpty();
  }
}
