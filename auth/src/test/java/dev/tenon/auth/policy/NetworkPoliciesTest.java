package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.PluginName;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The NetworkPolicy objects of a policy, as Kubernetes reads them. */
class NetworkPoliciesTest {
  private static final NetworkPolicies.Ports PORTS =
      new NetworkPolicies.Ports(List.of(7072, 7071, 7070), 7100);
  private static final String POLICY =
      """
      [[provide]]
      plugin = "words"
      services = ["acme.Words"]
      [[provide]]
      plugin = "store"
      services = ["acme.Store", "acme.Admin"]
      [[provide]]
      plugin = "idle"
      services = ["acme.Idle"]
      [[provide]]
      plugin = "dev"
      services = ["*"]

      [[rule]]
      id = "host-words"
      effect = "allow"
      caller = "host"
      service = "acme.Words"
      [[rule]]
      id = "words-store"
      effect = "allow"
      caller = "words"
      service = "acme.Store"
      [[rule]]
      id = "idle-denied"
      effect = "deny"
      caller = "*"
      service = "acme.Idle"
      [[rule]]
      id = "idle-allowed-in-vain"
      effect = "allow"
      caller = "words"
      service = "acme.Idle"
      method = "Get*"
      """;

  private static List<String> objects(String yaml) {
    return Arrays.asList(yaml.split("(?m)^---\n", -1));
  }

  private static String of(String plugin, String yaml) {
    return objects(yaml).stream()
        .filter(text -> text.contains("name: tenon-plugin-" + plugin + "\n"))
        .findFirst()
        .orElseThrow();
  }

  /** Each edge is one that the policy allows, and there is none between plugins. Row: PL-8. */
  @Test
  void yaml_ofAPolicy_hasItsEdgesAndNoOthers() throws Exception {
    String yaml =
        new NetworkPolicies(Policy.parse(POLICY), PORTS).yaml(Set.of(new PluginName("extra")));

    assertThat(objects(yaml)).hasSize(6);
    assertThat(of("words", yaml))
        .contains("# Callers: host.\n", "      tenon.dev/plugin: words\n", "\n  ingress:\n");
    assertThat(of("store", yaml)).contains("# Callers: words.\n", "\n  ingress:\n");
    assertThat(of("idle", yaml)).contains("# Callers: none.\n").doesNotContain("ingress:");
    assertThat(of("extra", yaml)).contains("# Callers: none.\n").doesNotContain("ingress:");
    assertThat(of("dev", yaml)).contains("# Callers: host, words.\n", "\n  ingress:\n");
    for (String object : objects(yaml)) {
      assertThat(object).contains("  policyTypes: [Ingress, Egress]\n");
      assertThat(
              Pattern.compile("- podSelector:\n +matchLabels:\n +(.*)\n").matcher(object).results())
          .allSatisfy(peer -> assertThat(peer.group(1)).isEqualTo("tenon.dev/role: host"));
      assertThat(object).doesNotContain("namespaceSelector", "ipBlock");
    }
    assertThat(objects(yaml).get(0)).doesNotContain("ingress:", "egress:");
  }

  /** The whole text for one plugin. */
  @Test
  void yaml_onePlugin_isThis() throws Exception {
    Policy policy =
        Policy.parse(
            """
            [[provide]]
            plugin = "words"
            services = ["acme.Words"]
            [[rule]]
            id = "r"
            effect = "allow"
            caller = "host"
            service = "acme.*"
            """);

    assertThat(objects(new NetworkPolicies(policy, PORTS).yaml(Set.of())).get(1))
        .isEqualTo(
            """
            # Callers: host.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: tenon-plugin-words
            spec:
              podSelector:
                matchLabels:
                  tenon.dev/plugin: words
              policyTypes: [Ingress, Egress]
              ingress:
                - from:
                    - podSelector:
                        matchLabels:
                          tenon.dev/role: host
                  ports:
                    - protocol: TCP
                      port: 7100
              egress:
                - to:
                    - podSelector:
                        matchLabels:
                          tenon.dev/role: host
                  ports:
                    - protocol: TCP
                      port: 7072
                    - protocol: TCP
                      port: 7071
                    - protocol: TCP
                      port: 7070
            """);
  }

  @Test
  void ports_outOfRange_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NetworkPolicies.Ports(List.of(), 1))
        .withMessageContaining("expected: enrol, control and data");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NetworkPolicies.Ports(List.of(0), 1))
        .withMessage("port: 0 (expected: 1 to 65535)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new NetworkPolicies.Ports(List.of(1), 65_536));
  }

  @Test
  void ports_firstAndLast_accepted() {
    NetworkPolicies.Ports ports = new NetworkPolicies.Ports(List.of(1, 65_535), 1);

    assertThat(ports.host()).containsExactly(1, 65_535);
  }
}
