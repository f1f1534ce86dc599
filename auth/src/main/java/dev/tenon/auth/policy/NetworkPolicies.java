package dev.tenon.auth.policy;

import dev.tenon.core.PluginName;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The Kubernetes NetworkPolicy objects ({@code networking.k8s.io/v1}) that let pods do what a
 * policy allows, and nothing else. Immutable and thread-safe.
 *
 * <p>Calls pass the host, so there are two kinds of edges: a plugin may connect to the host, and
 * the host to a plugin that somebody may call. No plugin may connect to another. Pods of plugins
 * carry the label {@code tenon.dev/plugin} with the plugin's name, those of the host {@code
 * tenon.dev/role: host}; a pod with the first label and no object of its own may connect to
 * nothing. What reaches the host from elsewhere is not said here.
 */
public final class NetworkPolicies {
  private static final String DENY_ALL =
      """
      # Generated from the policy: do not edit.
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata:
        name: tenon-plugins
      spec:
        podSelector:
          matchExpressions:
            - key: tenon.dev/plugin
              operator: Exists
        policyTypes: [Ingress, Egress]
      """;

  private static final String OF_A_PLUGIN =
      """
      ---
      # Callers: %2$s.
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata:
        name: tenon-plugin-%1$s
      spec:
        podSelector:
          matchLabels:
            tenon.dev/plugin: %1$s
        policyTypes: [Ingress, Egress]
      """;

  private static final String FROM_THE_HOST =
      """
        ingress:
          - from:
              - podSelector:
                  matchLabels:
                    tenon.dev/role: host
            ports:
              - protocol: TCP
                port: %d
      """;

  private static final String TO_THE_HOST =
      """
        egress:
          - to:
              - podSelector:
                  matchLabels:
                    tenon.dev/role: host
            ports:
      """;

  private static final String PORT =
      """
              - protocol: TCP
                port: %d
      """;

  private final Policy policy;
  private final Ports ports;

  /**
   * The ports of all pods.
   *
   * @param host those on which the host listens: enrol, control and data
   * @param plugin the one on which plugins listen
   */
  public record Ports(List<Integer> host, int plugin) {
    private static final int MAX = 65_535;

    /**
     * Checks the ports.
     *
     * @throws IllegalArgumentException if one is not 1 to 65535, or the host has none
     */
    public Ports {
      host = List.copyOf(host);
      if (host.isEmpty()) {
        throw new IllegalArgumentException("host: no ports (expected: enrol, control and data)");
      }
      host.forEach(Ports::check);
      check(plugin);
    }

    private static void check(int port) {
      if (port < 1 || port > MAX) {
        throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
      }
    }
  }

  /** Makes the objects for {@code policy}. */
  public NetworkPolicies(Policy policy, Ports ports) {
    this.policy = policy;
    this.ports = ports;
  }

  /**
   * Returns the objects as YAML: one that denies all, then one for each plugin that the policy
   * names and each of {@code others}, in the order of their names.
   */
  public String yaml(Set<PluginName> others) {
    Set<String> plugins = new TreeSet<>(policy.namedPlugins());
    others.forEach(plugin -> plugins.add(plugin.value()));
    Set<String> callers = new TreeSet<>(plugins);
    callers.add(PluginName.HOST);
    StringBuilder yaml = new StringBuilder(DENY_ALL);
    for (String plugin : plugins) {
      List<String> those =
          callers.stream().filter(caller -> policy.mayCallSomeOf(caller, plugin)).toList();
      yaml.append(
          OF_A_PLUGIN.formatted(plugin, those.isEmpty() ? "none" : String.join(", ", those)));
      if (!those.isEmpty()) {
        yaml.append(FROM_THE_HOST.formatted(ports.plugin()));
      }
      yaml.append(TO_THE_HOST);
      ports.host().forEach(port -> yaml.append(PORT.formatted(port)));
    }
    return yaml.toString();
  }
}
