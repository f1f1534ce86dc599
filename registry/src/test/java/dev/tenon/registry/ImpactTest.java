package dev.tenon.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.Requirement.Need;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.DependencyGraph.Node;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the end of a plugin would mean. Row: DG-4. */
class ImpactTest {
  private static final Set<ServiceName> NOTHING_OF_HOST = Set.of();

  private static Requirement needs(String service) {
    return needs(service, "", Need.REQUIRED);
  }

  private static Requirement needs(String service, String versions, Need need) {
    return new Requirement(
        new ServiceName("s." + service),
        versions.isEmpty() ? VersionRange.ANY : VersionRange.parse(versions),
        need);
  }

  private static Requirement canUse(String service) {
    return needs(service, "", Need.OPTIONAL);
  }

  private static Node node(String name, String provides, Requirement... requires) {
    return node(name, "1.0.0", provides, requires);
  }

  private static Node node(String name, String version, String provides, Requirement... requires) {
    Set<ServiceName> services = new HashSet<>();
    for (String service : provides.split(" ", -1)) {
      if (!service.isEmpty()) {
        services.add(new ServiceName("s." + service));
      }
    }
    return new Node(new PluginName(name), new Version(version), services, Set.of(requires));
  }

  private static void assertImpact(
      String plugin, List<Node> nodes, String services, String plugins, String optional) {
    Impact impact = Impact.of(new PluginName(plugin), nodes, NOTHING_OF_HOST);
    assertThat(joined(impact.services())).as("services").isEqualTo(services);
    assertThat(joined(impact.plugins())).as("plugins").isEqualTo(plugins);
    assertThat(joined(impact.optional())).as("optional").isEqualTo(optional);
  }

  private static String joined(SortedSet<?> names) {
    return String.join(
        " ", names.stream().map(name -> name.toString().replaceFirst("^s\\.", "")).toList());
  }

  @Test
  void of_unknownPlugin_nothing() {
    assertThat(Impact.of(new PluginName("x"), List.of(node("a", "p")), NOTHING_OF_HOST))
        .isEqualTo(Impact.NONE);
  }

  @Test
  void of_nobodyNeedsIt_itsServicesAlone() {
    assertImpact("a", List.of(node("a", "p q"), node("b", "r")), "p q", "", "");
  }

  @Test
  void of_requiredByOthers_themAndWhoRequiresThem() {
    List<Node> chain =
        List.of(node("c", "r", needs("q")), node("b", "q", needs("p")), node("a", "p"));
    assertImpact("a", chain, "p q r", "b c", "");
    assertImpact("b", chain, "q r", "c", "");
    assertImpact("c", chain, "r", "", "");
  }

  @Test
  void of_diamond_eachOnce() {
    List<Node> diamond =
        List.of(
            node("top", "t", needs("l"), needs("r")),
            node("left", "l", needs("p")),
            node("right", "r", needs("p")),
            node("base", "p"));
    assertImpact("base", diamond, "l p r t", "left right top", "");
    assertImpact("left", diamond, "l t", "top", "");
  }

  @Test
  void of_canBeDoneWithout_noticedAlone() {
    List<Node> nodes =
        List.of(node("a", "p"), node("b", "q", canUse("p")), node("c", "r", needs("q")));
    assertImpact("a", nodes, "p", "", "b");
  }

  @Test
  void of_usedByWhatFalls_noticedToo() {
    List<Node> nodes =
        List.of(node("a", "p"), node("b", "q", needs("p")), node("c", "r", canUse("q")));
    assertImpact("a", nodes, "p q", "b", "c");
  }

  @Test
  void of_anotherProviderThere_noticedAlone() {
    List<Node> nodes = List.of(node("a", "p q"), node("spare", "p"), node("b", "r", needs("p")));
    assertImpact("a", nodes, "q", "", "b");
    assertImpact("spare", nodes, "", "", "b");
  }

  /** A provider in a version that will not do is none. */
  @Test
  void of_anotherProviderTooOld_falls() {
    List<Node> nodes =
        List.of(
            node("a", "2.1.0", "p"),
            node("spare", "1.9.0", "p"),
            node("b", "q", needs("p", ">=2.0.0", Need.REQUIRED)),
            node("c", "r", needs("p", ">=1.0.0", Need.REQUIRED)));
    assertImpact("a", nodes, "q", "b", "c");
    assertImpact("spare", nodes, "", "", "c");
  }

  @Test
  void of_onlyOtherProviderFallsToo_falls() {
    List<Node> nodes =
        List.of(node("a", "p q"), node("spare", "p", needs("q")), node("b", "r", needs("p")));
    assertImpact("a", nodes, "p q r", "b spare", "");
  }

  @Test
  void of_hostProvidesIt_staysUp() {
    Impact impact =
        Impact.of(
            new PluginName("a"),
            List.of(node("a", "p"), node("b", "q", needs("p"))),
            Set.of(new ServiceName("s.p")));
    assertThat(impact).isEqualTo(Impact.NONE);
  }

  @Test
  void of_unmetBefore_tellsNothing() {
    List<Node> nodes = List.of(node("a", "p"), node("b", "q", needs("nowhere")));
    assertImpact("a", nodes, "p", "", "");
  }

  @Test
  void of_requiresItself_noneOfTheOthers() {
    assertImpact("a", List.of(node("a", "p", needs("p")), node("b", "q")), "p", "", "");
  }

  /** Against the definition, said another way: what is left works without what has gone. */
  @Test
  void of_randomGraphs_leavesExactlyWhatWorks() {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      List<Node> nodes = RandomNodes.of(random, 12);
      PluginName plugin = nodes.get(random.nextInt(nodes.size())).plugin();
      Impact impact = Impact.of(plugin, nodes, NOTHING_OF_HOST);
      Set<PluginName> gone = new TreeSet<>(impact.plugins());
      gone.add(plugin);

      List<Node> left = nodes.stream().filter(node -> !gone.contains(node.plugin())).toList();
      assertThat(left)
          .as("those that are left have what they had")
          .allSatisfy(
              node ->
                  assertThat(RandomNodes.unmet(node, left))
                      .isEqualTo(RandomNodes.unmet(node, nodes)));
      assertThat(RandomNodes.fallenOneByOne(plugin, nodes)).isEqualTo(gone);
      assertThat(impact.optional()).doesNotContainAnyElementsOf(gone);
    }
  }
}
