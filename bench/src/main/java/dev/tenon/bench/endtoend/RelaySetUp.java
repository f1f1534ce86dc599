package dev.tenon.bench.endtoend;

import static java.util.Objects.requireNonNull;

import dev.tenon.transport.Dns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A {@link RelayHost} and its backend, up and ready to be called. One thread uses it. */
final class RelaySetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  private final Setting setting;
  private final Program host;
  private final Program backend;
  private final String address;
  private final Access caller;

  private RelaySetUp(
      Setting setting, Program host, Program backend, String address, Access caller) {
    this.setting = requireNonNull(setting, "setting");
    this.host = requireNonNull(host, "host");
    this.backend = requireNonNull(backend, "backend");
    this.address = requireNonNull(address, "address");
    this.caller = requireNonNull(caller, "caller");
  }

  /**
   * Starts them.
   *
   * @param folder a private folder to make
   * @param program the C program
   */
  static RelaySetUp start(Path folder, Path program, Setting setting)
      throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    String to =
        switch (setting) {
          case TCP, PLUGINS, PLAIN -> "tcp:127.0.0.1:" + ProxyConfig.freePort();
          case UNIX -> "unix:" + folder.resolve("s");
        };
    List<String> command = HostJvm.usual().command(RelayHost.class, List.of(folder.toString(), to));
    Program host = Program.start("relay", folder, command);
    try {
      String address = host.line(START);
      host.await("ready", START);
      Access lent = new Access(folder.resolve(RelayHost.BACKEND), Dns.PLUGIN);
      Program backend =
          Program.start("backend", folder, Backend.command(program, lent, List.of(to)));
      try {
        backend.await("listening", START);
        Access caller = new Access(folder.resolve(RelayHost.CALLER), Dns.HOST);
        return new RelaySetUp(setting, host, backend, address, caller);
      } catch (IOException | InterruptedException e) {
        backend.close();
        throw e;
      }
    } catch (IOException | InterruptedException e) {
      host.close();
      throw e;
    }
  }

  /** Returns the way through the host. */
  Contender contender() {
    return new Contender(setting, Way.RELAY, host.pid(), address, caller);
  }

  @Override
  public void close() {
    backend.close();
    host.close();
  }
}
