package dev.tenon.host.launch;

import java.util.Map;
import java.util.TreeMap;

/**
 * The environment of a plugin process: an allow-list, never the host's own.
 *
 * <p>{@code LANG}, {@code LC_ALL} and {@code TZ} as the host has them; a fixed {@code PATH}; the
 * host's {@code JAVA_HOME}; then what {@code plugin.toml} sets; then Tenon's own names, which hold
 * no secret.
 */
final class PluginEnvironment {
  private static final String PATH = "/usr/local/bin:/usr/bin:/bin";
  private static final String RESERVED_PREFIX = "TENON_";

  private PluginEnvironment() {}

  static boolean mayBeSet(String name) {
    return !name.isEmpty() && !name.startsWith(RESERVED_PREFIX) && name.indexOf('=') < 0;
  }

  static Map<String, String> of(
      Map<String, String> host, Map<String, String> plugin, Launch launch) {
    Map<String, String> environment = new TreeMap<>();
    for (String name : new String[] {"LANG", "LC_ALL", "TZ"}) {
      String value = host.get(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    environment.put("PATH", PATH);
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.putAll(plugin);
    environment.put("TENON_BOOTSTRAP", "stdin");
    environment.put("TENON_STATE", launch.state().toString());
    return environment;
  }
}
