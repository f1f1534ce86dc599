package dev.tenon.bench.endtoend;

import dev.tenon.bench.endtoend.BenchPlugin.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A host of Tenon's and its two plugins, up and ready to be called. */
final class TenonSetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  private static final String POLICY =
      """
      [[provide]]
      plugin = "backend"
      services = ["%s"]

      [[rule]]
      id = "caller-calls-backend"
      effect = "allow"
      caller = "caller"
      service = "%s"
      """
          .formatted(Backend.SERVICE, Backend.SERVICE);

  private final Program host;
  private final Path caller;

  private TenonSetUp(Program host, Path caller) {
    this.host = host;
    this.caller = caller;
  }

  /**
   * Starts them.
   *
   * @param folder a private folder to make
   * @param program the C program
   */
  static TenonSetUp start(Path folder, Path program) throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    Files.writeString(folder.resolve("policy.toml"), POLICY);
    for (Role role : Role.values()) {
      describe(role, folder, program);
    }
    List<String> command =
        Jvm.command(List.of("-Xmx256m"), BenchHost.class, List.of(folder.toString()));
    Program host = Program.start("tenon", folder, Cores.PROXY.pinned(command));
    try {
      host.await("ready", START);
      return new TenonSetUp(host, lent(folder, Role.CALLER));
    } catch (IOException | InterruptedException e) {
      host.close();
      throw e;
    }
  }

  private static Path lent(Path folder, Role role) {
    return folder.resolve("lent-by-" + role.plugin());
  }

  private static void describe(Role role, Path folder, Path program) throws IOException {
    List<String> arguments =
        List.of(role.name(), lent(folder, role).toString(), program.toString());
    List<String> options = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m");
    List<String> command = Jvm.command(options, BenchPlugin.class, arguments);
    PluginFile.write(
        folder.resolve("plugins"),
        role.plugin(),
        Cores.CALLER_AND_BACKEND.pinned(command),
        /* instances= */ 1);
  }

  /** Returns the way through the host, as its plugin {@code caller}. */
  Contender contender() throws IOException {
    String address = Files.readString(caller.resolve(BenchPlugin.ADDRESS_FILE)).strip();
    return new Contender(Way.TENON, host.pid(), address, new Access(caller, "host.tenon.internal"));
  }

  /** Ends the host in good order, and with it its plugins. */
  @Override
  public void close() throws IOException {
    try (host) {
      host.endInput();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
