package dev.tenon.bench.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** How a plugin of a measurement is described to its host. Stateless. */
final class PluginFile {
  private PluginFile() {}

  /**
   * Writes the {@code plugin.toml} of {@code name}.
   *
   * @param plugins the folder of all plugins
   * @param command the program, by its path, and its arguments
   * @param instances how many runs of it there are
   */
  static void write(Path plugins, String name, List<String> command, int instances)
      throws IOException {
    Path plugin = Files.createDirectories(plugins.resolve(name));
    Files.writeString(
        plugin.resolve("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        command = [%s]
        sha256 = "%s"
        env = { }
        isolation = "shared-uid"
        instances = %d
        """
            .formatted(name, quoted(command), sha256(Path.of(command.get(0))), instances));
  }

  /**
   * Writes the {@code plugin.toml} of {@code name}, which the host does not launch.
   *
   * @param bootstrap where the host is to leave what the plugin needs
   * @param port where the plugin listens, on loopback
   */
  static void writeRemote(Path plugins, String name, Path bootstrap, int port) throws IOException {
    Path plugin = Files.createDirectories(plugins.resolve(name));
    Files.writeString(
        plugin.resolve("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        launch = "remote"
        bootstrap = "%s"
        listen = "tcp:127.0.0.1:%d"
        """
            .formatted(name, bootstrap, port));
  }

  private static String quoted(List<String> words) {
    return words.stream()
        .map(word -> "\"" + word.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
        .collect(Collectors.joining(", "));
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
