package dev.tenon.host.launch;

import static java.util.stream.Collectors.joining;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.PluginName;
import dev.tenon.core.Version;
import dev.tenon.transport.Endpoint;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The file {@code plugin.toml} of one plugin's folder. */
final class PluginToml {
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
    Optional<RestartMode> restart = toml.parsed("restart", RestartMode::parse);
    Kind kind = toml.parsed("launch", Kind::parse).orElse(Kind.PROCESS);
    PluginRuntime runtime =
        switch (kind) {
          case PROCESS -> process(folder, toml);
          case REMOTE -> remote(folder, toml);
        };
    if (kind == Kind.REMOTE
        && (instances != 1 || start != StartMode.EAGER || restart.isPresent())) {
      toml.problem("launch", "got remote (expected: without instances, start and restart)");
    }
    toml.finish();
    return new PluginDefinition(
        name, version, runtime, instances, start, restart.orElse(RestartMode.ON_CRASH));
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

  /** The ways to launch that a file can name; each reads the keys that are its own. */
  private enum Kind {
    PROCESS,
    REMOTE;

    static Kind parse(String text) {
      for (Kind kind : values()) {
        if (kind.toString().equals(text)) {
          return kind;
        }
      }
      throw new IllegalArgumentException(
          "launch: "
              + text
              + " (expected: one of "
              + Stream.of(values()).map(Kind::toString).collect(joining(", "))
              + ")");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static PluginRuntime remote(Path folder, ConfigTable toml) {
    Path nowhere = folder.resolve("bootstrap");
    Path file = toml.requiredParsed("bootstrap", PluginToml::absolute, nowhere);
    Endpoint.Tcp listen =
        toml.requiredParsed("listen", PluginToml::tcp, new Endpoint.Tcp("localhost", 1));
    return new RemoteRuntime(file, listen);
  }

  private static Path absolute(String text) {
    try {
      Path path = Path.of(text);
      if (path.isAbsolute() && path.equals(path.normalize()) && path.getParent() != null) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Not a path: see below.
    }
    throw new IllegalArgumentException("path: " + text + " (expected: an absolute path)");
  }

  private static Endpoint.Tcp tcp(String text) {
    if (Endpoint.parse(text) instanceof Endpoint.Tcp tcp && tcp.port() != 0) {
      return tcp;
    }
    throw new IllegalArgumentException("listen: " + text + " (expected: tcp:ADDRESS:PORT)");
  }

  private static PluginRuntime process(Path folder, ConfigTable toml) {
    Confinement confinement = Confinement.read(toml);
    List<String> command = toml.strings("command");
    if (command.isEmpty()) {
      toml.problem("command", "nothing (expected: an array, the program first)");
    }
    String sha256 = toml.requiredParsed("sha256", Sha256::check, "");
    Map<String, String> env = toml.stringTable("env");
    env.keySet().stream()
        .filter(key -> !PluginEnvironment.mayBeSet(key))
        .forEach(key -> toml.problem("env", key + " (expected: a name that is not TENON_...)"));
    return new ProcessRuntime(folder, command, sha256, env, confinement);
  }
}
