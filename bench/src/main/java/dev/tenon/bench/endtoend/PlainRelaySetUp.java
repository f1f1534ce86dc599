package dev.tenon.bench.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A {@link PlainRelay} that is up. One thread uses it. */
final class PlainRelaySetUp implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  private final Program relay;
  private final Contender contender;

  private PlainRelaySetUp(Program relay, Contender contender) {
    this.relay = relay;
    this.contender = contender;
  }

  /**
   * Starts it.
   *
   * @param folder a private folder to make
   * @param backend where its calls go, in plain text
   */
  static PlainRelaySetUp start(Path folder, Setting setting, String backend)
      throws IOException, InterruptedException {
    Files.createDirectory(folder, Private.FOLDER);
    String port = backend.substring(backend.lastIndexOf(':') + 1);
    List<String> command =
        HostJvm.usual().command(PlainRelay.class, List.of(folder.toString(), port));
    Program relay = Program.start("plain", folder, command);
    try {
      String address = relay.line(START);
      relay.await("ready", START);
      Access caller =
          new Access(folder.resolve(BenchPlugin.Role.CALLER.plugin()), BenchAuthority.NAME);
      return new PlainRelaySetUp(
          relay, new Contender(setting, Way.PLAIN_RELAY, relay.pid(), address, caller));
    } catch (IOException | InterruptedException e) {
      relay.close();
      throw e;
    }
  }

  /** Returns the way through it. */
  Contender contender() {
    return contender;
  }

  @Override
  public void close() {
    relay.close();
  }
}
