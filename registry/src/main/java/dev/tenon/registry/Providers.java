package dev.tenon.registry;

import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who of some plugins provides what, each in the plugin's own version. Not changed once made. */
final class Providers {
  private final Map<ServiceName, List<DependencyGraph.Node>> byService = new HashMap<>();

  Providers(Collection<DependencyGraph.Node> nodes) {
    for (DependencyGraph.Node node : nodes) {
      node.provides()
          .forEach(service -> byService.computeIfAbsent(service, s -> new ArrayList<>()).add(node));
    }
  }

  /** Returns who provides what is required, in a version that will do. */
  List<DependencyGraph.Node> of(Requirement requirement) {
    return byService.getOrDefault(requirement.service(), List.of()).stream()
        .filter(node -> requirement.versions().contains(node.version()))
        .toList();
  }
}
