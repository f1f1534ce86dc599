package dev.tenon.bench.endtoend;

import dev.tenon.bench.endtoend.Access.Proof;
import dev.tenon.transport.Dns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A {@link PluginServer} that is up. One thread uses it. */
final class PluginServerSetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Program server;
  private final Contender contender;

  private PluginServerSetUp(Program server, Contender contender) {
    this.server = server;
    this.contender = contender;
  }

  /**
   * Starts it.
   *
   * @param folder a private folder to make
   * @param way the one that it is
   */
  static PluginServerSetUp start(Path folder, Setting setting, Way way)
      throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    Path caller = folder.resolve("caller");
    List<String> command = HostJvm.usual().command(PluginServer.class, List.of(caller.toString()));
    Program server = Program.start("server", folder, command);
    try {
      String address = server.line(START);
      server.await("ready", START);
      Access access = new Access(caller, Dns.PLUGIN, Proof.NOTHING);
      return new PluginServerSetUp(
          server, new Contender(setting, way, server.pid(), address, access));
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
  }

  /** Returns the way to it. */
  Contender contender() {
    return contender;
  }

  @Override
  public void close() {
    server.close();
  }
}
