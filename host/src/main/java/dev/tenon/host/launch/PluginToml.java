package dev.tenon.host.launch;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.PluginName;
import dev.tenon.core.Version;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The file {@code plugin.toml} of one plugin's folder. */
final class PluginToml {
  private static final String PROCESS = "process";

  private PluginToml() {}

  /**
   * Reads {@code folder/plugin.toml}.
   *
   * @throws ConfigException if anything is wrong with it; all problems at once
   */
  static PluginDefinition load(Path folder) throws ConfigException {
    ConfigTable toml = ConfigTable.read(folder.resolve("plugin.toml"));
    PluginName name = toml.requiredParsed("name", PluginName::new, new PluginName("unnamed"));
    Version version = toml.requiredParsed("version", Version::new, new Version("0.0.0"));
    int instances = instances(toml);
    StartMode start = toml.parsed("start", StartMode::parse).orElse(StartMode.EAGER);
    toml.parsed("launch", PluginToml::launchKind);
    PluginRuntime runtime = process(folder, toml);
    toml.finish();
    return new PluginDefinition(name, version, runtime, instances, start);
  }

  private static int instances(ConfigTable toml) {
    long instances = toml.integer("instances").orElse(1L);
    if (instances < 1 || instances > PluginDefinition.MAX_INSTANCES) {
      toml.problem(
          "instances",
          "got " + instances + " (expected: 1 to " + PluginDefinition.MAX_INSTANCES + ")");
      return 1;
    }
    return (int) instances;
  }

  private static String launchKind(String text) {
    if (!text.equals(PROCESS)) {
      throw new IllegalArgumentException("launch: " + text + " (expected: " + PROCESS + ")");
    }
    return text;
  }

  private static PluginRuntime process(Path folder, ConfigTable toml) {
    Isolation isolation = toml.requiredParsed("isolation", Isolation::parse, Isolation.SHARED_UID);
    List<String> command = toml.strings("command");
    if (command.isEmpty()) {
      toml.problem("command", "nothing (expected: an array, the program first)");
    }
    String sha256 = toml.requiredParsed("sha256", Sha256::check, "");
    Map<String, String> env = toml.stringTable("env");
    env.keySet().stream()
        .filter(key -> !PluginEnvironment.mayBeSet(key))
        .forEach(key -> toml.problem("env", key + " (expected: a name that is not TENON_...)"));
    return new ProcessRuntime(folder, command, sha256, env, isolation);
  }
}
