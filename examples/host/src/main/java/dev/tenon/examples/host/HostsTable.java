package dev.tenon.examples.host;

import static java.util.stream.Collectors.joining;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.PeerFiles;
import dev.tenon.host.PluginHost;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The table {@code [hosts]}: where other hosts connect, and which they are, each with the PEM file
 * of its own authority, which is followed.
 */
record HostsTable(Optional<String> listen, Map<String, Path> peers) {
  static final String NAME = "hosts";

  /** For a host that knows no other. */
  static final HostsTable NONE = new HostsTable(Optional.empty(), Map.of());

  private static final String LISTEN = "listen";
  private static final String PEERS = "peers";

  /** Reads the table; problems are noted in it. */
  static HostsTable read(ConfigTable table, Function<String, Path> path) {
    Optional<String> listen =
        table.parsed(
            LISTEN,
            text -> {
              var unused = PluginHost.builder().hostsListen(text);
              return text;
            });
    Map<String, Path> peers = new TreeMap<>();
    table
        .stringTable(PEERS)
        .forEach(
            (host, file) -> {
              try {
                var unused = new SpiffeId.OfHost(new TrustDomain("tenon.internal"), host);
                peers.put(host, path.apply(file));
              } catch (IllegalArgumentException e) {
                table.problem(PEERS, String.valueOf(e.getMessage()));
              }
            });
    return new HostsTable(listen, peers);
  }

  /**
   * Tells {@code host}, which is in {@code trustDomain}, of them.
   *
   * @throws ConfigException if a file cannot be read or holds anything but certificates
   */
  void configure(HostBuilder host, String trustDomain) throws ConfigException {
    TrustDomain domain = new TrustDomain(trustDomain);
    Map<SpiffeId.OfHost, Path> files = new HashMap<>();
    peers.forEach((peer, file) -> files.put(new SpiffeId.OfHost(domain, peer), file));
    listen.ifPresent(host::hostsListen);
    if (!files.isEmpty()) {
      host.peers(PeerFiles.of(files));
    }
  }

  /** Returns all keys that are read here, and the name of the table. */
  static Set<String> keys() {
    return Set.of(NAME, LISTEN, PEERS);
  }

  /** Returns the entry of the peers; {@code quote} makes a text one of TOML. */
  String toToml(Function<String, String> quote) {
    return peers.entrySet().stream()
        .map(peer -> quote.apply(peer.getKey()) + " = " + quote.apply(peer.getValue().toString()))
        .collect(joining(", ", PEERS + " = { ", " }\n"));
  }
}
