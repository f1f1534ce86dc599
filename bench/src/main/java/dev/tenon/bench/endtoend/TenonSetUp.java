package dev.tenon.bench.endtoend;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.tenon.bench.endtoend.BenchPlugin.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * A host of Tenon's and its two plugins, up and ready to be called. With a Unix socket to the
 * backend the host launches them; over TCP they are remote ones, which are started here. One thread
 * uses it.
 */
final class TenonSetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Setting setting;
  private final Path folder;
  private final Path program;
  private final Program host;
  private final Deque<Program> remotes = new ArrayDeque<>();

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
    Files.writeString(folder.resolve("policy.toml"), Backend.POLICY);
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
    if (setting == Setting.TCP) {
      for (Role role : Role.values()) {
        startRemote(role);
      }
      for (Program remote : remotes) {
        remote.await(BenchPlugin.READY, START);
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
    Program plugin =
        Program.start(
            role.plugin(), folder, Cores.CALLER_AND_BACKEND.pinned(command(role, folder, program)));
    remotes.push(plugin);
    plugin.tell(line);
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
      case TCP ->
          PluginFile.writeRemote(
              plugins, role.plugin(), bootstrap(folder, role), ProxyConfig.freePort());
    }
  }

  /** Returns the way through the host, as its plugin {@code caller}. */
  Contender contender() throws IOException {
    Path caller = lent(folder, Role.CALLER);
    String address = Files.readString(caller.resolve(BenchPlugin.ADDRESS_FILE)).strip();
    return new Contender(
        setting, Way.TENON, host.pid(), address, new Access(caller, "host.tenon.internal"));
  }

  private void end() {
    while (!remotes.isEmpty()) {
      remotes.pop().close();
    }
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
