package dev.tenon.host;

import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * The directories and addresses of one host: sockets under its run directory, what stays under its
 * state.
 */
final class HostPlaces {
  private final String name;
  private final OwnedDirectory state;
  private final OwnedDirectory run;
  private final Sockets sockets;

  /** What plugins and host talk over. */
  enum Sockets {
    /** Unix sockets in the run directory. */
    UNIX,
    /** TCP on the loopback address, where the machine has no Unix sockets for us. */
    LOOPBACK
  }

  private HostPlaces(String name, OwnedDirectory state, OwnedDirectory run, Sockets sockets) {
    this.name = name;
    this.state = state;
    this.run = run;
    this.sockets = sockets;
  }

  static HostPlaces open(
      HostSettings.Places places, TokenMint mint, Sockets sockets, CloseStack closing)
      throws IOException, RandomSourceFailedException {
    OwnedDirectory state = closing.add(OwnedDirectory.take(places.state()));
    String name = HostName.in(state.path(), mint);
    OwnedDirectory.makePrivate(places.run().toAbsolutePath());
    OwnedDirectory.sweep(places.run().toAbsolutePath(), HostName.PREFIX);
    OwnedDirectory run = OwnedDirectory.take(places.run().resolve(name));
    closing.add(run);
    closing.add(run::delete);
    makePrivate(run.path().resolve("host"));
    makePrivate(run.path().resolve("p"));
    return new HostPlaces(name, state, run, sockets);
  }

  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Returns the name of the host, the last part of its SPIFFE ID. */
  String name() {
    return name;
  }

  /** Returns where the host's listener {@code name} is, unless {@code asked} says so. */
  Endpoint listener(String name, Optional<Endpoint> asked) {
    return asked.orElseGet(
        () ->
            sockets == Sockets.UNIX
                ? new Endpoint.Unix(run.path().resolve("host").resolve(name))
                : new Endpoint.Tcp("127.0.0.1", 0));
  }

  /** Makes the plugin's own directory, and returns where its server is to listen. */
  Endpoint pluginListener(RuntimeId plugin) throws IOException {
    if (sockets == Sockets.LOOPBACK) {
      return new Endpoint.Tcp("127.0.0.1", freePort());
    }
    Path directory = run.path().resolve("p").resolve(plugin.value());
    makePrivate(directory);
    return new Endpoint.Unix(directory.resolve("s"));
  }

  /** Deletes the directory of a run that has ended, if it has one. Idempotent. */
  void release(RuntimeId plugin) {
    Path directory = run.path().resolve("p").resolve(plugin.value());
    try {
      Files.deleteIfExists(directory.resolve("s"));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // It holds something of the plugin's own, and goes with the run directory.
    }
  }

  /**
   * Returns a loopback port that was free a moment ago. Whoever takes it first cannot pose as the
   * plugin: the host believes only the plugin's certificate.
   */
  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return probe.getLocalPort();
    }
  }

  /** Returns the file in which the host keeps what it revoked. */
  Path revocations() {
    return state.path().resolve("revocations");
  }

  /** Returns the folder with the files of administrators. */
  Path admins() {
    return state.path().resolve("admin");
  }

  /** Makes, once, the directory that {@code plugin} keeps between runs. */
  Path stateOf(PluginName plugin) throws IOException {
    Path directory = state.path().resolve("plugins").resolve(plugin.value());
    OwnedDirectory.makePrivate(directory);
    return directory;
  }
}
