package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.core.SpiffeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The other hosts, each with a PEM file of the roots of its own host authority, read again while
 * the host runs: before the authority of a host is succeeded, its successor is put into the file
 * beside it, and the old one is taken out afterwards. A change counts once the host has read the
 * same twice, an interval apart, and every file is what it should be; until then the last good ones
 * count. Immutable.
 *
 * @param interval how often the files are read
 */
public record PeerFiles(Map<SpiffeId.OfHost, Path> files, Duration interval) {
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /**
   * Copies the files.
   *
   * @throws IllegalArgumentException if there are none, or the interval is not positive
   */
  public PeerFiles {
    files = Map.copyOf(files);
    requireNonNull(interval, "interval");
    if (files.isEmpty()) {
      throw new IllegalArgumentException("peers: no files (expected: one a host)");
    }
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
    }
  }

  /** Returns {@code files}, read every 2 s. */
  public static PeerFiles of(Map<SpiffeId.OfHost, Path> files) {
    return new PeerFiles(files, INTERVAL);
  }

  /** Returns these files, read once an {@code interval}. */
  public PeerFiles every(Duration interval) {
    return new PeerFiles(files, interval);
  }

  /** Reads all of them; in an order that is always the same. */
  List<HostPeer> load() throws ConfigException {
    List<HostPeer> all = new ArrayList<>();
    List<SpiffeId.OfHost> ids =
        files.keySet().stream().sorted((a, b) -> a.host().compareTo(b.host())).toList();
    for (SpiffeId.OfHost id : ids) {
      all.add(HostPeer.load(id, requireNonNull(files.get(id), "file")));
    }
    return List.copyOf(all);
  }
}
