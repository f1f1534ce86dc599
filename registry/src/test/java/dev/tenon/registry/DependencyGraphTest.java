package dev.tenon.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.Requirement.Need;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import dev.tenon.core.VersionRange;
import dev.tenon.registry.DependencyGraph.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Row: DG-1, DG-2, DG-3, G17. */
class DependencyGraphTest {
  private static final Version ONE = new Version("1.0.0");

  /** A plugin that provides {@code s.<name>} and requires those of others. */
  private static Node node(String name, String... requires) {
    Set<Requirement> requirements = new HashSet<>();
    for (String required : requires) {
      requirements.add(requirement(required, Need.REQUIRED));
    }
    return new Node(new PluginName(name), ONE, Set.of(service(name)), requirements);
  }

  private static Node optional(String name, String canUse) {
    return new Node(
        new PluginName(name),
        ONE,
        Set.of(service(name)),
        Set.of(requirement(canUse, Need.OPTIONAL)));
  }

  private static Requirement requirement(String of, Need need) {
    return new Requirement(service(of), VersionRange.ANY, need);
  }

  private static ServiceName service(String of) {
    return new ServiceName("s." + of.replace('-', '_'));
  }

  private static List<String> order(Node... nodes) throws Exception {
    return order(List.of(nodes), Set.of());
  }

  private static List<String> order(List<Node> nodes, Set<ServiceName> ofHost) throws Exception {
    return DependencyGraph.startOrder(nodes, ofHost).stream().map(PluginName::value).toList();
  }

  private static DependencyCycleException cycle(Node... nodes) {
    return catchThrowableOfType(DependencyCycleException.class, () -> order(nodes));
  }

  private static List<String> names(DependencyCycleException refused) {
    return refused.cycle().stream().map(PluginName::value).toList();
  }

  @Test
  void startOrder_nothing_empty() throws Exception {
    assertThat(order()).isEmpty();
  }

  @Test
  void startOrder_independent_byName() throws Exception {
    assertThat(order(node("c"), node("a"), node("b"))).containsExactly("a", "b", "c");
  }

  @Test
  void startOrder_chain_providersFirst() throws Exception {
    assertThat(order(node("a", "b"), node("b", "c"), node("c"))).containsExactly("c", "b", "a");
  }

  @Test
  void startOrder_diamond_deterministic() throws Exception {
    assertThat(order(node("a", "c", "b"), node("b", "d"), node("c", "d"), node("d"), node("e")))
        .containsExactly("d", "b", "c", "a", "e");
  }

  @Test
  void startOrder_severalProviders_allBeforeDependent() throws Exception {
    Node first = new Node(new PluginName("x"), ONE, Set.of(service("log")), Set.of());
    Node second = new Node(new PluginName("y"), ONE, Set.of(service("log")), Set.of());

    assertThat(order(node("a", "log"), second, first)).containsExactly("x", "y", "a");
  }

  @Test
  void startOrder_twoServicesOfOneProvider_oneEdge() throws Exception {
    Node both = new Node(new PluginName("z"), ONE, Set.of(service("p"), service("q")), Set.of());

    assertThat(order(node("a", "p", "q"), both)).containsExactly("z", "a");
  }

  @Test
  void startOrder_ofHost_needsNoProvider() throws Exception {
    assertThat(order(List.of(node("a", "log")), Set.of(service("log")))).containsExactly("a");
  }

  @Test
  void startOrder_ofHostAndOfPlugin_ordersNothing() throws Exception {
    assertThat(order(List.of(node("a", "log"), node("log", "a")), Set.of(service("log"))))
        .containsExactly("a", "log");
  }

  /** A missing provider is refused by plugin and service. Row: DG-1, G17. */
  @Test
  void startOrder_missingProvider_namesPluginAndService() {
    var refused =
        catchThrowableOfType(
            MissingProviderException.class, () -> order(node("b", "z", "y"), node("a")));

    assertThat(refused.plugin()).isEqualTo(new PluginName("b"));
    assertThat(refused.service()).isEqualTo(service("y"));
    assertThat(refused).hasMessageContainingAll("plugin b requires s.y", "(expected:");
  }

  /** The circle is listed, from its smallest name. Row: DG-2, G17. */
  @Test
  void startOrder_cycle_listed() {
    var refused = cycle(node("b", "a"), node("a", "b"));

    assertThat(names(refused)).containsExactly("a", "b", "a");
    assertThat(refused).hasMessageContaining("a → b → a");
  }

  @Test
  void startOrder_cycleBehindOthers_onlyTheCircleListed() {
    var refused =
        cycle(node("a", "d"), node("d", "c"), node("c", "b"), node("b", "d", "free"), node("free"));

    assertThat(names(refused)).containsExactly("b", "d", "c", "b");
  }

  /** A plugin that requires what it alone provides waits for itself. Row: DG-2, G17. */
  /** What can start is in no cycle, whatever its name. */
  @Test
  void startOrder_cycleThatRequiresOthers_onlyTheCircleListed() {
    var refused = cycle(node("y", "a", "z"), node("z", "a", "y"), node("a"));

    assertThat(names(refused)).containsExactly("y", "z", "y");
  }

  @Test
  void startOrder_requiresOnlyItself_cycle() {
    assertThat(names(cycle(node("a", "a")))).containsExactly("a", "a");
  }

  @Test
  void startOrder_requiresWhatItAndAnotherProvide_waitsForTheOther() throws Exception {
    Node other = new Node(new PluginName("z"), ONE, Set.of(service("a")), Set.of());

    assertThat(order(node("a", "a"), other)).containsExactly("z", "a");
  }

  /** An optional requirement adds no edge and may be absent. Row: DG-3. */
  @Test
  void startOrder_optional_ordersNothing() throws Exception {
    assertThat(order(optional("a", "b"), node("b", "a"), optional("c", "absent")))
        .containsExactly("a", "b", "c");
  }

  @Test
  void startOrder_samePluginTwice_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> order(node("a"), node("a", "b")))
        .withMessageContaining("plugin: a given twice");
  }

  /** Random graphs against a checker that knows the definition only. Row: DG-1. */
  @Test
  void startOrder_hundredRandomGraphs_holdsAndIsTheSmallest() throws Exception {
    Random random = new Random(20261123);
    for (int round = 0; round < 100; round++) {
      List<Node> nodes = randomGraph(random, 1 + random.nextInt(20));

      List<String> order = order(nodes, Set.of());

      assertThat(order).isEqualTo(smallestOrder(nodes));
      Collections.shuffle(nodes, random);
      assertThat(order(nodes, Set.of())).isEqualTo(order);
    }
  }

  /** Long chains need no stack. */
  @Test
  void startOrder_longestChain_noOverflow() throws Exception {
    int most = DependencyGraph.MAX_PLUGINS;
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      nodes.add(i == 0 ? node("p0") : node("p" + i, "p" + (i - 1)));
    }

    assertThat(order(nodes, Set.of())).hasSize(most).startsWith("p0").endsWith("p" + (most - 1));
  }

  /** Edges go from later to earlier in a hidden random order, so there is no cycle. */
  private static List<Node> randomGraph(Random random, int size) {
    List<String> names =
        new ArrayList<>(Stream.iterate(0, i -> i + 1).limit(size).map(i -> "p" + i).toList());
    Collections.shuffle(names, random);
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      List<String> required = new ArrayList<>();
      for (int j = 0; j < i; j++) {
        if (random.nextInt(4) == 0) {
          required.add(names.get(j));
        }
      }
      nodes.add(node(names.get(i), required.toArray(String[]::new)));
    }
    Collections.shuffle(nodes, random);
    return nodes;
  }

  /** By definition: again and again the smallest name of all whose requirements are met. */
  private static List<String> smallestOrder(List<Node> nodes) {
    List<Node> left = new ArrayList<>(nodes);
    Set<ServiceName> met = new HashSet<>();
    List<String> order = new ArrayList<>();
    while (!left.isEmpty()) {
      Node next =
          left.stream()
              .filter(n -> n.requires().stream().allMatch(r -> met.contains(r.service())))
              .min((x, y) -> x.plugin().value().compareTo(y.plugin().value()))
              .orElseThrow();
      left.remove(next);
      met.addAll(next.provides());
      order.add(next.plugin().value());
    }
    return order;
  }

  private static Node with(String name, int requirements) {
    String[] requires = new String[requirements];
    for (int i = 0; i < requirements; i++) {
      requires[i] = "r" + i;
    }
    return node(name, requires);
  }

  private static Set<ServiceName> ofHost(int services) {
    Set<ServiceName> all = new HashSet<>();
    for (int i = 0; i < services; i++) {
      all.add(service("r" + i));
    }
    return all;
  }

  /** As many as fit, and one more. Row: DG-6. */
  @Test
  void startOrder_requirementsOfOne_areBounded() throws Exception {
    int most = DependencyGraph.MAX_REQUIREMENTS;

    assertThat(order(List.of(with("a", most)), ofHost(most))).containsExactly("a");
    assertThat(
            catchThrowableOfType(
                LimitReachedException.class,
                () -> order(List.of(with("a", most + 1)), ofHost(most + 1))))
        .hasMessage("requirements of a: one more than 100");
  }

  /** As many as fit, and one more; who takes the place of another takes no room. Row: DG-6. */
  @Test
  void joined_plugins_areBounded() throws Exception {
    List<Node> all = new ArrayList<>();
    for (int i = 0; i < DependencyGraph.MAX_PLUGINS; i++) {
      all.add(node("p" + i));
    }

    assertThat(DependencyGraph.joined(node("p7"), all, Set.of())).hasSameSizeAs(all);
    assertThat(
            catchThrowableOfType(
                LimitReachedException.class,
                () -> DependencyGraph.joined(node("q"), all, Set.of())))
        .hasMessage("plugins: one more than 1000");
  }
}
