package dev.tenon.examples.rogue;

import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The other runs of the host, as far as a process of the same user sees them: by the sockets beside
 * its own. Immutable.
 */
record Neighbours(SortedMap<String, Endpoint> sockets) {
  /** Looks beside {@code own}; finds nobody where plugins listen on TCP. */
  static Neighbours of(Endpoint own) {
    SortedMap<String, Endpoint> sockets = new TreeMap<>();
    if (own instanceof Endpoint.Unix unix) {
      Path folder = unix.path().resolveSibling(".").normalize();
      try (Stream<Path> runs = Files.list(folder.resolveSibling(".").normalize())) {
        runs.filter(run -> !run.equals(folder))
            .filter(run -> Files.exists(run.resolve("s")))
            .forEach(
                run ->
                    sockets.put(run.getFileName().toString(), new Endpoint.Unix(run.resolve("s"))));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return new Neighbours(sockets);
  }

  /** Returns the run that keeps what others store: the one worth being. */
  Optional<String> victim() {
    return sockets.keySet().stream().filter(run -> run.startsWith("store-")).findFirst();
  }
}
