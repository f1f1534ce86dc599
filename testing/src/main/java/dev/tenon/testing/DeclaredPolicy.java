package dev.tenon.testing;

import dev.tenon.core.Plugin;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;

/** The policy of a test: a plugin may do what it declares, and the host may call it. */
final class DeclaredPolicy {
  private final Plugin plugin;

  DeclaredPolicy(Plugin plugin) {
    this.plugin = plugin;
  }

  /** Returns the policy in the form of a policy file. */
  String toml() {
    StringBuilder toml = new StringBuilder();
    for (ServiceName service : plugin.services().keySet()) {
      toml.append("[[provide]]\nplugin = \"").append(plugin.name());
      toml.append("\"\nservices = [\"").append(service).append("\"]\n");
      rule(toml, "host calls " + service, "host", service);
    }
    for (Requirement requirement : plugin.requirements().values()) {
      rule(
          toml,
          "plugin calls " + requirement.service(),
          plugin.name().value(),
          requirement.service());
    }
    return toml.toString();
  }

  private static void rule(StringBuilder toml, String id, String caller, ServiceName service) {
    toml.append("[[rule]]\nid = \"").append(id);
    toml.append("\"\neffect = \"allow\"\ncaller = \"").append(caller);
    toml.append("\"\nservice = \"").append(service).append("\"\n");
  }
}
