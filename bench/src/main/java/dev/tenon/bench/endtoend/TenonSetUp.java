package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.Access.Proof;
import dev.tenon.bench.endtoend.BenchPlugin.Role;
import dev.tenon.transport.Dns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A host of Tenon's and its two plugins, up and ready to be called. With a Unix socket to the
 * backend the host launches them; over TCP they are remote ones, which are started here. One thread
 * uses it.
 */
final class TenonSetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** A host takes only so many requests a second. */
  private static final Duration ASKED_AGAIN = Duration.ofMillis(500);

  private final Setting setting;
  private final Path folder;
  private final Path program;
  private final Program host;
  private final Map<Role, Program> remotes = new EnumMap<>(Role.class);

  private TenonSetUp(Setting setting, Path folder, Path program, Program host) {
    this.setting = requireNonNull(setting, "setting");
    this.folder = requireNonNull(folder, "folder");
    this.program = requireNonNull(program, "program");
    this.host = requireNonNull(host, "host");
  }

  /**
   * Starts them.
   *
   * @param folder a private folder to make
   * @param program the C program
   * @param jvm the host's
   */
  static TenonSetUp start(Path folder, Path program, Setting setting, HostJvm jvm)
      throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    Files.writeString(folder.resolve("policy.toml"), Backend.policy(setting));
    for (Role role : Role.values()) {
      describe(role, folder, program, setting);
    }
    List<String> command = jvm.command(BenchHost.class, List.of(folder.toString(), setting.name()));
    TenonSetUp made =
        new TenonSetUp(setting, folder, program, Program.start("tenon", folder, command));
    try {
      made.awaitReady();
      return made;
    } catch (IOException | InterruptedException e) {
      made.end();
      throw e;
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    if (setting != Setting.UNIX) {
      for (Role role : Role.values()) {
        startRemote(role);
      }
      for (Program remote : remotes.values()) {
        if (setting != Setting.PLUGINS || remote != remotes.get(Role.BACKEND)) {
          remote.await(BenchPlugin.READY, START);
        }
      }
    }
    host.await("ready", START);
  }

  private void startRemote(Role role) throws IOException, InterruptedException {
    Path bootstrap = bootstrap(folder, role);
    long limit = System.nanoTime() + START.toNanos();
    while (!Files.exists(bootstrap)) {
      if (System.nanoTime() - limit > 0 || host.hasEndedWithin(PAUSE)) {
        throw new IOException(bootstrap + ": not written by the host" + host.lastWords());
      }
    }
    String line = Files.readString(bootstrap, US_ASCII).strip();
    Program plugin = Program.start(role.plugin(), folder, remote(role));
    remotes.put(role, plugin);
    plugin.tell(line);
  }

  private List<String> remote(Role role) {
    if (setting != Setting.PLUGINS || role == Role.CALLER) {
      return Cores.CALLER_AND_BACKEND.pinned(command(role, folder, program));
    }
    List<String> provider = new ArrayList<>(List.of("env", "TENON_BOOTSTRAP=stdin"));
    provider.addAll(HostJvm.usual().command(DirectProvider.class, List.of()));
    return provider;
  }

  private static Path lent(Path folder, Role role) {
    return folder.resolve("lent-by-" + role.plugin());
  }

  private static Path bootstrap(Path folder, Role role) {
    return folder.resolve(role.plugin() + ".bootstrap");
  }

  private static List<String> command(Role role, Path folder, Path program) {
    List<String> arguments =
        List.of(role.name(), lent(folder, role).toString(), program.toString());
    List<String> options = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m");
    return Jvm.command(options, BenchPlugin.class, arguments);
  }

  private static void describe(Role role, Path folder, Path program, Setting setting)
      throws IOException {
    Path plugins = folder.resolve("plugins");
    switch (setting) {
      case UNIX ->
          PluginFile.write(
              plugins,
              role.plugin(),
              Cores.CALLER_AND_BACKEND.pinned(command(role, folder, program)),
              /* instances= */ 1);
      case TCP, PLUGINS, PLAIN ->
          PluginFile.writeRemote(
              plugins, role.plugin(), bootstrap(folder, role), ProxyConfig.freePort());
    }
  }

  /**
   * Returns the way through the host, as its plugin {@code caller}; from plugin to plugin, the one
   * that the host introduces to.
   */
  Contender contender() throws IOException, InterruptedException {
    Path caller = lent(folder, Role.CALLER);
    if (setting == Setting.PLUGINS) {
      return direct(BenchPlugin.direct(caller), remote(remotes, Role.BACKEND).pid());
    }
    return new Contender(
        setting, Way.TENON, host.pid(), address(caller), new Access(caller, Dns.HOST));
  }

  private Contender direct(Path lent, long provider) throws IOException, InterruptedException {
    introduce();
    Access access = new Access(lent, Dns.PLUGIN, Proof.GRANT);
    return new Contender(
        setting, Way.DIRECT_MODE, provider, address(lent), access, this::introduce);
  }

  private void introduce() throws IOException, InterruptedException {
    Program caller = remote(remotes, Role.CALLER);
    long limit = System.nanoTime() + START.toNanos();
    caller.tell(BenchPlugin.INTRODUCE);
    while (!caller.line(START).equals(BenchPlugin.INTRODUCED)) {
      if (System.nanoTime() - limit > 0 || host.hasEndedWithin(ASKED_AGAIN)) {
        throw new IOException(
            "no introduction to the provider"
                + host.lastWords()
                + remote(remotes, Role.BACKEND).lastWords());
      }
      caller.tell(BenchPlugin.INTRODUCE);
    }
  }

  private static Program remote(Map<Role, Program> remotes, Role role) {
    return requireNonNull(remotes.get(role), role.plugin());
  }

  private static String address(Path folder) throws IOException {
    return Files.readString(folder.resolve(BenchPlugin.ADDRESS_FILE)).strip();
  }

  private void end() {
    remotes.values().forEach(Program::close);
    remotes.clear();
    host.close();
  }

  /** Ends the host in good order, and its plugins. */
  @Override
  public void close() throws IOException {
    try {
      host.endInput();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end();
    }
  }
}
