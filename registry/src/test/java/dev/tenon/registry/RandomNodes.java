package dev.tenon.registry;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.Requirement.Need;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.DependencyGraph.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** Random plugins, and what of them falls with one, taken away one by one. */
final class RandomNodes {
  private RandomNodes() {}

  /** Returns {@code count} plugins of a few services, in two versions, with requirements. */
  static List<Node> of(Random random, int count) {
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Set<Requirement> requires = new HashSet<>();
      for (int need = random.nextInt(3); need > 0; need--) {
        requires.add(
            new Requirement(
                service(random),
                random.nextBoolean() ? VersionRange.ANY : VersionRange.parse(">=2.0.0"),
                random.nextInt(4) == 0 ? Need.OPTIONAL : Need.REQUIRED));
      }
      nodes.add(
          new Node(
              new PluginName("p" + i),
              new Version(random.nextBoolean() ? "1.0.0" : "2.0.0"),
              Set.of(service(random)),
              requires));
    }
    return nodes;
  }

  private static ServiceName service(Random random) {
    return new ServiceName("s.s" + random.nextInt(8));
  }

  /** Returns what {@code node} requires and nobody among {@code nodes} provides. */
  static Set<Requirement> unmet(Node node, List<Node> nodes) {
    Set<Requirement> unmet = new HashSet<>(node.requires());
    unmet.removeIf(
        requirement ->
            requirement.need() == Need.OPTIONAL
                || nodes.stream()
                    .anyMatch(
                        other ->
                            other.provides().contains(requirement.service())
                                && requirement.versions().contains(other.version())));
    return unmet;
  }

  /** Returns {@code first} and all that lose something, one after another. */
  static Set<PluginName> fallenOneByOne(PluginName first, List<Node> nodes) {
    Set<PluginName> gone = new TreeSet<>(Set.of(first));
    List<Node> left = new ArrayList<>(nodes);
    left.removeIf(node -> node.plugin().equals(first));
    for (int i = 0; i < left.size(); ) {
      Node node = left.get(i);
      if (unmet(node, left).equals(unmet(node, nodes))) {
        i++;
      } else {
        left.remove(i);
        gone.add(node.plugin());
        i = 0;
      }
    }
    return gone;
  }
}
