package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Endpoint;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * Who is told that a host is there: whatever serves {@code tenon.v1.Orchestrator}. Immutable.
 *
 * @param endpoint where it listens, as {@code tcp:HOST:PORT} or {@code unix:PATH}; always mutual
 *     TLS
 * @param id what its certificate has to say
 * @param authorities the roots that its certificate has to lead to, and no others
 * @param heartbeat how often it is told, 1 s to 1 h
 */
public record Orchestrator(
    String endpoint, SpiffeId.OfHost id, List<X509Certificate> authorities, Duration heartbeat) {
  /** How often an orchestrator is told, unless it is said otherwise. */
  public static final Duration HEARTBEAT = Duration.ofSeconds(30);

  /** The shortest time between two heartbeats. */
  public static final Duration LEAST_HEARTBEAT = Duration.ofSeconds(1);

  /** The longest. */
  public static final Duration MOST_HEARTBEAT = Duration.ofHours(1);

  /**
   * Checks all of them.
   *
   * @throws IllegalArgumentException if {@code endpoint} has another form, there is no authority,
   *     or {@code heartbeat} is out of range
   */
  public Orchestrator {
    var unused = Endpoint.parse(endpoint);
    requireNonNull(id, "id");
    authorities = List.copyOf(authorities);
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException(id + ": no authorities (expected: at least one)");
    }
    if (heartbeat.compareTo(LEAST_HEARTBEAT) < 0 || heartbeat.compareTo(MOST_HEARTBEAT) > 0) {
      throw new IllegalArgumentException(
          "heartbeat: "
              + heartbeat
              + " (expected: "
              + LEAST_HEARTBEAT
              + " to "
              + MOST_HEARTBEAT
              + ")");
    }
  }

  /**
   * Reads the authorities of the orchestrator {@code id} from a PEM file.
   *
   * @throws ConfigException if it cannot be read or holds anything else
   * @throws IllegalArgumentException if {@code endpoint} has another form
   */
  public static Orchestrator load(String endpoint, SpiffeId.OfHost id, Path authorities)
      throws ConfigException {
    return new Orchestrator(endpoint, id, AuthorityFiles.roots(authorities), HEARTBEAT);
  }

  /**
   * Returns the same one, which is told every {@code pause}.
   *
   * @throws IllegalArgumentException if it is not 1 s to 1 h
   */
  public Orchestrator every(Duration pause) {
    return new Orchestrator(endpoint, id, authorities, pause);
  }
}
