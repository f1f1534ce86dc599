package dev.tenon.bench.endtoend;

import dev.tenon.transport.Dns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A way that is one program in a JVM of its own, up and ready to be called. The program gets a
 * private folder, where it writes the identity of its caller, and prints its address and then
 * "ready". One thread uses it.
 */
final class JvmSetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  private final Program program;
  private final Contender contender;

  private JvmSetUp(Program program, Contender contender) {
    this.program = program;
    this.contender = contender;
  }

  /** Starts a {@link PluginServer} as {@code way}, with a folder to make. */
  static JvmSetUp pluginServer(Path folder, Setting setting, Way way)
      throws IOException, InterruptedException {
    Path caller = folder.resolve("caller");
    Access access = new Access(caller, Dns.PLUGIN, Access.Proof.NOTHING);
    return start(folder, setting, way, PluginServer.class, List.of(caller.toString()), access);
  }

  /**
   * Starts a {@link PlainRelay}.
   *
   * @param folder to make
   * @param backend where its calls go, in plain text
   */
  static JvmSetUp plainRelay(Path folder, Setting setting, String backend)
      throws IOException, InterruptedException {
    String port = backend.substring(backend.lastIndexOf(':') + 1);
    Access access =
        new Access(folder.resolve(BenchPlugin.Role.CALLER.plugin()), BenchAuthority.NAME);
    List<String> arguments = List.of(folder.toString(), port);
    return start(folder, setting, Way.PLAIN_RELAY, PlainRelay.class, arguments, access);
  }

  private static JvmSetUp start(
      Path folder,
      Setting setting,
      Way way,
      Class<?> program,
      List<String> arguments,
      Access caller)
      throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    List<String> command = HostJvm.usual().command(program, arguments);
    Program running = Program.start(program.getSimpleName(), folder, command);
    try {
      String address = running.line(START);
      running.await("ready", START);
      return new JvmSetUp(running, new Contender(setting, way, running.pid(), address, caller));
    } catch (IOException | InterruptedException e) {
      running.close();
      throw e;
    }
  }

  /** Returns the way to it. */
  Contender contender() {
    return contender;
  }

  @Override
  public void close() {
    program.close();
  }
}
