package dev.tenon.examples.host;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.config.ConfigTable;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.HostBuilder;
import dev.tenon.host.Orchestrator;
import dev.tenon.transport.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The table {@code [orchestrator]}: who is told that the host is there, where it listens, and the
 * PEM file of its authority.
 */
record OrchestratorTable(String endpoint, String id, Path authority, Duration heartbeat) {
  static final String NAME = "orchestrator";

  private static final String ENDPOINT = "endpoint";
  private static final String ID = "id";
  private static final String AUTHORITY = "authority";
  private static final String HEARTBEAT = "heartbeat";

  /** Stands where a value is missing, which is a problem of its own. */
  private static final Path NOWHERE = Path.of("missing");

  /** Reads the table; problems are noted in it. */
  static OrchestratorTable read(ConfigTable table, Function<String, Path> path) {
    return new OrchestratorTable(
        table.requiredParsed(ENDPOINT, text -> Endpoint.parse(text).toString(), ""),
        table.requiredParsed(ID, OrchestratorTable::host, ""),
        table.requiredParsed(AUTHORITY, path, NOWHERE),
        table
            .parsed(
                HEARTBEAT,
                text ->
                    UpkeepConfig.duration(
                        text, Orchestrator.LEAST_HEARTBEAT, Orchestrator.MOST_HEARTBEAT))
            .orElse(Orchestrator.HEARTBEAT));
  }

  private static String host(String text) {
    return new SpiffeId.OfHost(new TrustDomain("tenon.internal"), text).host();
  }

  /**
   * Tells {@code host}, which is in {@code trustDomain}, of it.
   *
   * @throws ConfigException if the file cannot be read or holds anything but certificates
   */
  void configure(HostBuilder host, String trustDomain) throws ConfigException {
    SpiffeId.OfHost identity = new SpiffeId.OfHost(new TrustDomain(trustDomain), id);
    var unused =
        host.orchestrator(Orchestrator.load(endpoint, identity, authority).every(heartbeat));
  }

  /** Returns all keys that are read here, and the name of the table. */
  static Set<String> keys() {
    return Set.of(NAME, ENDPOINT, ID, AUTHORITY, HEARTBEAT);
  }

  /** Returns the entries of the table, by key. */
  Map<String, String> entries() {
    return new TreeMap<>(
        Map.of(
            ENDPOINT,
            endpoint,
            ID,
            id,
            AUTHORITY,
            authority.toString(),
            HEARTBEAT,
            heartbeat.toString()));
  }
}
