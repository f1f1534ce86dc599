package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the host runs: {@code run = "DIRECTORY"}, or the table {@code [run]}.
 *
 * @param directory where sockets are made
 * @param allowRoot whether the host may run as root
 */
record RunTable(Optional<Path> directory, boolean allowRoot) {
  /** The same as the key, for where a file cannot be changed, such as a container's start. */
  static final String ALLOW_ROOT = "TENON_RUN_ALLOW_ROOT";

  private static final Path STATUS = Path.of("/proc/self/status");

  /** Returns the keys of either form. */
  static Set<String> keys() {
    return Set.of("run", "directory", "allow_root");
  }

  /** Reads either form. */
  static RunTable read(ConfigTable toml, Function<String, Path> path) {
    if (!toml.hasTable("run")) {
      return new RunTable(toml.parsed("run", path), false);
    }
    ConfigTable table = toml.table("run").orElseThrow();
    return new RunTable(table.parsed("directory", path), table.bool("allow_root").orElse(false));
  }

  /**
   * Checks who this process is, before anything is opened: of root's a fault in the host would be
   * the machine's.
   *
   * @throws ConfigException if it is root's, or has been, and was not told that it may
   */
  void checkUser() throws ConfigException {
    checkUser(status(), System.getenv(ALLOW_ROOT));
  }

  /** As {@link #checkUser()}, for a process with {@code status}, as proc(5) has it. */
  void checkUser(List<String> status, @Nullable String environment) throws ConfigException {
    boolean isRoot =
        status.stream()
            .filter(line -> line.startsWith("Uid:"))
            .anyMatch(line -> line.matches("Uid:.*\\s0(\\s.*)?"));
    if (isRoot && !allowRoot && !"true".equals(environment)) {
      throw new ConfigException(
          ConfigException.Kind.INVALID,
          List.of(
              "run.allow_root: the host runs as root (expected: a user of its own; or"
                  + " run.allow_root = true, or "
                  + ALLOW_ROOT
                  + "=true, where it has to start plugins as other users)"));
    }
  }

  /** Returns what the kernel says of this process; of other systems the name alone is known. */
  private static List<String> status() {
    try {
      return Files.readAllLines(STATUS);
    } catch (IOException e) {
      return List.of("root".equals(System.getProperty("user.name")) ? "Uid:\t0" : "Uid:\t-");
    }
  }
}
