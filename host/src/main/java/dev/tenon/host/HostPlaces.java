package dev.tenon.host;

import dev.tenon.auth.RandomSourceFailedException;
import dev.tenon.auth.TokenMint;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.PluginRuntime;
import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
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
  private final RunDirectories runs;

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
    runs = new RunDirectories(run.path().resolve("p"));
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

  /**
   * Where one run finds the host, and where the host finds it.
   *
   * @param listen where its server is to listen
   * @param host where it reaches the host
   * @param directory its own, if it listens on a Unix socket
   */
  record Place(Endpoint listen, Planes.Addresses host, Optional<Path> directory) {}

  /** Makes the place of {@code plugin}, as its {@code runtime} needs it. */
  Place placeOf(RuntimeId plugin, PluginRuntime runtime, Planes.Addresses host) throws IOException {
    if (runtime.remote().isPresent()) {
      return new Place(runtime.remote().get(), host, Optional.empty());
    }
    if (sockets == Sockets.LOOPBACK) {
      return new Place(new Endpoint.Tcp("127.0.0.1", freePort()), host, Optional.empty());
    }
    Path directory = runs.make(plugin);
    Endpoint.Unix listen = new Endpoint.Unix(directory.resolve("s"));
    Planes.Addresses reached = host;
    if (runtime.isolation().hasOwnPlace()) {
      reached = runs.link(plugin, host);
      if (runtime.uid().isPresent()) {
        runs.give(plugin, runtime.uid().getAsInt(), reached);
      }
    }
    if (runtime.isolation() == Isolation.OWN_UID) {
      Path above = run.path().resolveSibling(".").normalize();
      RunDirectories.letPass(List.of(above, run.path(), run.path().resolve("p")));
    }
    return new Place(listen, reached, Optional.of(directory));
  }

  /** Deletes the directory of a run that has ended, if it has one. Idempotent. */
  void release(RuntimeId plugin) {
    runs.delete(plugin);
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

  /** Makes, once, the directory that {@code plugin}, run by {@code runtime}, keeps between runs. */
  Path stateOf(PluginName plugin, PluginRuntime runtime) throws IOException {
    Path all = state.path().resolve("plugins");
    Path directory = all.resolve(plugin.value());
    OwnedDirectory.makePrivate(all);
    if (Files.notExists(directory, LinkOption.NOFOLLOW_LINKS)) {
      makePrivate(directory);
    }
    if (runtime.uid().isPresent()) {
      RunDirectories.giveAway(directory, runtime.uid().getAsInt());
    }
    if (runtime.isolation() == Isolation.OWN_UID) {
      RunDirectories.letPass(List.of(state.path(), all));
    }
    return directory;
  }
}
