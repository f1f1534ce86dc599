package dev.tenon.host.launch;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.PluginName;
import dev.tenon.core.Version;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A plugin that the host is to run: its name, its version, how it runs, how many times, and when.
 *
 * @param restart whether it is started again when it has ended by itself
 * @param instances how many runs there are at a time; they share the name, the rights and the
 *     directory that stays
 */
public record PluginDefinition(
    PluginName name,
    Version version,
    PluginRuntime runtime,
    int instances,
    StartMode start,
    RestartMode restart) {
  /** Most runs of one plugin at a time. */
  public static final int MAX_INSTANCES = 32;

  /**
   * Checks the parts.
   *
   * @throws IllegalArgumentException if {@code instances} is out of range
   */
  public PluginDefinition {
    requireNonNull(name, "name");
    requireNonNull(version, "version");
    requireNonNull(runtime, "runtime");
    requireNonNull(start, "start");
    requireNonNull(restart, "restart");
    if (instances < 1 || instances > MAX_INSTANCES) {
      throw new IllegalArgumentException(
          "instances: " + instances + " (expected: 1 to " + MAX_INSTANCES + ")");
    }
  }

  /** Makes the definition of a plugin that runs once, from the start of the host. */
  public PluginDefinition(PluginName name, Version version, PluginRuntime runtime) {
    this(name, version, runtime, 1, StartMode.EAGER, RestartMode.ON_CRASH);
  }

  /**
   * Reads all plugins of {@code folder}: one sub-folder each, with a {@code plugin.toml}. Hidden
   * sub-folders are passed over.
   *
   * @throws ConfigException if anything is wrong with any of them; all problems at once
   */
  public static List<PluginDefinition> loadAll(Path folder) throws ConfigException {
    List<PluginDefinition> definitions = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Path subfolder : subfolders(folder)) {
      try {
        definitions.add(load(subfolder));
      } catch (ConfigException e) {
        problems.addAll(e.problems());
      }
    }
    problems.addAll(duplicates(definitions));
    if (!problems.isEmpty()) {
      throw new ConfigException(ConfigException.Kind.INVALID, problems);
    }
    return definitions;
  }

  private static List<Path> subfolders(Path folder) throws ConfigException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".")) {
          found.add(entry);
        }
      }
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.UNREADABLE,
          List.of(folder + ": cannot be read (expected: a folder with one folder a plugin)"));
    }
    if (found.isEmpty()) {
      throw new ConfigException(
          ConfigException.Kind.INVALID,
          List.of(
              folder + ": no plugins (expected: one folder a plugin, each with a plugin.toml)"));
    }
    found.sort(null);
    return found;
  }

  private static List<String> duplicates(List<PluginDefinition> definitions) {
    Map<PluginName, Integer> counts = new HashMap<>();
    definitions.forEach(definition -> counts.merge(definition.name, 1, Integer::sum));
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() > 1)
        .map(e -> "plugin " + e.getKey() + ": in " + e.getValue() + " folders (expected: 1)")
        .sorted()
        .toList();
  }

  /**
   * Reads {@code folder/plugin.toml}.
   *
   * @throws ConfigException if anything is wrong with it; all problems at once
   */
  public static PluginDefinition load(Path folder) throws ConfigException {
    return PluginToml.load(folder);
  }
}
