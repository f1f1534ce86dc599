package dev.tenon.host.life;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.policy.Policy;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PluginHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * The folders of one test: plugins whose programs are made here, a policy, state and run directory.
 * Closing it waits until no process of it is left, and deletes everything.
 */
final class TestHome implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path root;
  private final StringBuilder policy = new StringBuilder();
  private int rules;

  private TestHome(Path root) {
    this.root = root;
  }

  /** Makes the folders, with a path that leaves room for socket names. */
  static TestHome create() throws IOException {
    Path root = Files.createTempDirectory(Path.of("/tmp"), "tnl");
    Files.createDirectory(root.resolve("plugins"));
    return new TestHome(root);
  }

  Path root() {
    return root;
  }

  Path plugins() {
    return root.resolve("plugins");
  }

  Path run() {
    return root.resolve("run");
  }

  /** Adds a plugin whose program is a JVM that runs {@link LifePlugin}. */
  TestHome java(String plugin, LifePlugin.Behaviour behaviour, String... services)
      throws IOException {
    provides(plugin, services);
    return program(plugin, LifePlugin.class, plugin, behaviour.name());
  }

  /** Adds a plugin whose program is a JVM that runs {@code main}. */
  TestHome program(String plugin, Class<?> main, String... arguments) throws IOException {
    return shell(
        plugin,
        "exec \"$JAVA_HOME/bin/java\" "
            + jvmArguments()
            + " "
            + main.getName()
            + " "
            + String.join(" ", arguments));
  }

  private String jvmArguments() {
    List<String> arguments = new ArrayList<>(List.of("-Xmx64m", "-Dtest.home=" + root));
    arguments.addAll(ChildJvm.options());
    return String.join(" ", quoted(arguments));
  }

  private static List<String> quoted(List<String> arguments) {
    return arguments.stream().map(argument -> "'" + argument + "'").toList();
  }

  /** Adds a plugin whose program is a shell script with {@code body}. */
  TestHome shell(String plugin, String body) throws IOException {
    Path program = Files.createDirectories(plugins().resolve(plugin)).resolve("program");
    Files.writeString(program, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return describe(plugin, sha256(program), "program");
  }

  /** Writes the {@code plugin.toml} of a plugin that is there. */
  TestHome describe(String plugin, String sha256, String... command) throws IOException {
    Path folder = Files.createDirectories(plugins().resolve(plugin));
    Files.writeString(
        folder.resolve("plugin.toml"),
        """
        name = "%s"
        version = "1.0.0"
        isolation = "shared-uid"
        command = [%s]
        sha256 = "%s"
        env = { TEST_HOME = "%s" }
        """
            .formatted(
                plugin,
                String.join(", ", Stream.of(command).map(part -> '"' + part + '"').toList()),
                sha256,
                root));
    return this;
  }

  /**
   * Gives {@code plugin} another isolation, with {@code lines} added, and its user the way to it.
   */
  TestHome isolate(String plugin, String isolation, String... lines) throws IOException {
    Path toml = plugins().resolve(plugin).resolve("plugin.toml");
    String text = Files.readString(toml);
    Files.writeString(
        toml,
        text.replace("\"shared-uid\"", '"' + isolation + '"')
            .replaceFirst("(?m)^isolation", String.join("\n", lines) + "\nisolation"));
    for (Path path : List.of(root, plugins(), toml.getParent(), toml.resolveSibling("program"))) {
      if (Files.exists(path)) {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    return this;
  }

  /** Adds lines to the {@code plugin.toml} of a plugin that is there. */
  TestHome also(String plugin, String... lines) throws IOException {
    Path toml = plugins().resolve(plugin).resolve("plugin.toml");
    Files.writeString(toml, Files.readString(toml) + String.join("\n", lines) + "\n");
    return this;
  }

  static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Lets {@code plugin} provide {@code services}, and the host call them. */
  TestHome provides(String plugin, String... services) {
    for (String service : services) {
      policy.append("[[provide]]\nplugin = \"").append(plugin);
      policy.append("\"\nservices = [\"").append(service).append("\"]\n");
      calls("host", service);
    }
    return this;
  }

  /** Lets {@code plugin} and nobody beside it provide {@code service}, and the host call it. */
  TestHome exclusive(String plugin, String service) {
    policy.append("[[provide]]\nplugin = \"").append(plugin);
    policy.append("\"\nservices = [\"").append(service).append("\"]\nexclusive = true\n");
    return calls("host", service);
  }

  /** Lets {@code caller} call {@code service}. */
  TestHome calls(String caller, String service) {
    policy
        .append("[[rule]]\nid = \"r")
        .append(rules++)
        .append("\"\neffect = \"allow\"\ncaller = \"");
    policy.append(caller).append("\"\nservice = \"").append(service).append("\"\n");
    return this;
  }

  String policy() {
    return policy.toString();
  }

  /** Returns a host of this home's directories, without its plugins. */
  HostBuilder bareHost() throws ConfigException {
    return PluginHost.builder()
        .policy(Policy.parse(policy()))
        .required("*")
        .state(root.resolve("state"))
        .run(run())
        .startLimits(PATIENCE, PATIENCE);
  }

  /** Returns a host of all plugins of this home. */
  HostBuilder host() throws ConfigException {
    return bareHost().plugins(plugins());
  }

  /** Waits until no process of this home is left. */
  void awaitNoProcess() {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () ->
                org.assertj.core.api.Assertions.assertThat(ProcessTable.mentioning(root))
                    .isEmpty());
  }

  @Override
  public void close() throws IOException {
    awaitNoProcess();
    deleteAll(root);
  }

  static void deleteAll(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(TestHome::delete);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
