package dev.tenon.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.Printable;
import dev.tenon.host.launch.PluginDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * The folders from which administrators may bring plugins: those that the host was started with.
 * What is not below one of them, after links are followed, is not looked at.
 */
record PluginFolders(List<Path> roots) {
  /** Longest path that is taken. */
  private static final int MOST_CHARS = 255;

  PluginFolders {
    roots = List.copyOf(roots);
  }

  /**
   * Reads the plugin of {@code folder}.
   *
   * @throws InvalidRequestException if that is not below a folder of the host's, or no plugin's
   */
  PluginDefinition load(String folder) throws InvalidRequestException {
    Path found = find(folder);
    try {
      return PluginDefinition.load(found);
    } catch (ConfigException e) {
      throw new InvalidRequestException(
          "folder: " + folder + ": " + String.join("; ", e.problems()));
    }
  }

  private Path find(String folder) throws InvalidRequestException {
    Path relative = relative(folder);
    for (Path root : roots) {
      try {
        Path real = root.resolve(relative).toRealPath();
        if (real.startsWith(root.toRealPath()) && Files.isDirectory(real)) {
          return real;
        }
      } catch (IOException e) {
        // Not in this one.
      }
    }
    throw refused(folder);
  }

  private static Path relative(String folder) throws InvalidRequestException {
    boolean isText = !folder.isEmpty() && folder.chars().noneMatch(Character::isISOControl);
    if (isText && folder.length() <= MOST_CHARS) {
      try {
        Path path = Path.of(folder);
        boolean staysBelow = !path.isAbsolute() && path.equals(path.normalize());
        if (staysBelow && !path.startsWith("..") && !path.toString().isEmpty()) {
          return path;
        }
      } catch (InvalidPathException e) {
        // Not a path: see below.
      }
    }
    throw refused(folder.length() <= MOST_CHARS ? folder : folder.substring(0, MOST_CHARS));
  }

  private static InvalidRequestException refused(String folder) {
    return new InvalidRequestException(
        "folder: "
            + Printable.escaped(folder)
            + " (expected: a folder below the host's plugins directory, by its path from there, on"
            + " the host's machine; no other is taken)");
  }
}
