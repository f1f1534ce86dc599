package dev.tenon.examples.host;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of one test's own: a {@code tenon.toml} beside its state, run directory and audit file,
 * for the example's real plugins and policy. Its path is short, for the sockets in it.
 */
final class Place implements AutoCloseable {
  static final List<String> PLUGINS = List.of("files", "rogue", "store", "tokens", "words");

  /** The name of each run: two plugins have two. */
  static final List<String> RUNS =
      List.of("files", "rogue", "rogue", "store", "tokens", "tokens", "words");

  private final Path folder;

  private Place(Path folder) {
    this.folder = folder;
  }

  /** Makes a place; the plugins must have been built. */
  static Place make() throws IOException {
    for (String plugin : PLUGINS) {
      assertThat(Path.of("..", plugin, "target", "lib").toAbsolutePath().normalize())
          .as("the jars of plugin %s, which `mvn package` builds before these tests run", plugin)
          .isNotEmptyDirectory();
    }
    Place place = new Place(Files.createTempDirectory(Path.of("/tmp"), "tn").toRealPath());
    place.configure("");
    return place;
  }

  /** Writes the configuration; {@code more} comes after the keys of the whole file. */
  void configure(String more) throws IOException {
    Files.writeString(
        config(),
        """
        plugins = "%s"
        required = ["*"]
        policy = "%s"
        state = "state"
        run.directory = "run"
        run.allow_root = true
        %s
        """
            .formatted(real("../plugins"), real("policy.toml"), more));
  }

  /** Configures {@code plugins} alone, of those of the example. */
  void configureOnly(String... plugins) throws IOException {
    for (String plugin : plugins) {
      Path from = Path.of("../plugins", plugin);
      Path to = Files.createDirectories(folder.resolve("plugins").resolve(plugin).resolve("bin"));
      Path launcher = to.resolve(plugin);
      Files.copy(from.resolve("bin").resolve(plugin), launcher, COPY_ATTRIBUTES);
      Files.copy(from.resolve("plugin.toml"), to.resolveSibling("plugin.toml"));
      // Where its launcher looks for the jars.
      Files.createSymbolicLink(folder.resolve(plugin), real("../" + plugin));
    }
    Files.writeString(
        config(), Files.readString(config()).replaceFirst("plugins = .*", "plugins = \"plugins\""));
  }

  private static Path real(String path) throws IOException {
    return Path.of(path).toRealPath();
  }

  Path config() {
    return folder.resolve("tenon.toml");
  }

  Path state() {
    return folder.resolve("state");
  }

  Path run() {
    return folder.resolve("run");
  }

  Path audit() {
    return state().resolve("audit.jsonl");
  }

  Path folder() {
    return folder;
  }

  /** Writes a file into the place. */
  Path file(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling("."));
    return Files.write(file, content);
  }

  /** Returns what is in the run directory, but for the directory itself. */
  List<Path> sockets() throws IOException {
    if (!Files.exists(run())) {
      return List.of();
    }
    try (Stream<Path> entries = Files.walk(run())) {
      return entries.filter(entry -> !entry.equals(run())).toList();
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
