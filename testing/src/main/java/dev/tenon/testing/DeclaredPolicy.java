package dev.tenon.testing;

import dev.tenon.core.Plugin;
import dev.tenon.core.PluginName;
import dev.tenon.core.ServiceName;
import java.util.Collection;

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
      toml.append(
          """
          [[provide]]
          plugin = "%s"
          services = ["%s"]
          """
              .formatted(plugin.name(), service));
    }
    allow(toml, PluginName.HOST, plugin.services().keySet());
    allow(toml, plugin.name().value(), plugin.requirements().keySet());
    return toml.toString();
  }

  private static void allow(StringBuilder toml, String caller, Collection<ServiceName> services) {
    int number = 0;
    for (ServiceName service : services) {
      number++;
      toml.append(
          """
          [[rule]]
          id = "%s-%d"
          effect = "allow"
          caller = "%s"
          service = "%s"
          """
              .formatted(caller, number, caller, service));
    }
  }
}
