package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Connection;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of administrators, which end when their bearer or certificate is revoked.
 * Whether a call is let in is not decided here but by {@link AdminGate}. Thread-safe.
 */
public final class AdminConnections extends ServerTransportFilter {
  /** How long a connection that is refused lives; its calls are told why there is no use. */
  private static final Duration REFUSED_LIFE = Duration.ofMillis(500);

  /*
   * A connection is in `open` before it is verified, and who revokes does so before `endRefused`: so a
   * connection that is made meanwhile is seen by one of the two.
   */
  private final ConcurrentMap<Connection, Bearer> open = new ConcurrentHashMap<>();
  private final Admins admins;

  private record Bearer(SpiffeId.OfAdmin id, X509Certificate leaf) {
    static Optional<Bearer> of(Attributes attributes) {
      return Optional.ofNullable(attributes.get(Peer.KEY))
          .flatMap(
              peer ->
                  peer.id()
                      .filter(SpiffeId.OfAdmin.class::isInstance)
                      .flatMap(
                          id ->
                              peer.certificate()
                                  .map(leaf -> new Bearer((SpiffeId.OfAdmin) id, leaf))));
    }
  }

  public AdminConnections(Admins admins) {
    this.admins = requireNonNull(admins, "admins");
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    Connection connection = attributes.get(Connection.KEY);
    Optional<Bearer> bearer = Bearer.of(attributes);
    if (connection != null && bearer.isPresent()) {
      open.put(connection, bearer.get());
      if (isRefused(bearer.get())) {
        connection.closeAfter(REFUSED_LIFE);
      }
    }
    return attributes;
  }

  @Override
  public void transportTerminated(@Nullable Attributes attributes) {
    Connection connection = attributes == null ? null : attributes.get(Connection.KEY);
    if (connection != null) {
      open.remove(connection);
    }
  }

  /**
   * Ends the connections on which no call is let in any more; what was answered before is sent
   * first. Returns at once.
   */
  public void endRefused() {
    open.forEach(
        (connection, bearer) -> {
          if (isRefused(bearer)) {
            connection.close();
          }
        });
  }

  private boolean isRefused(Bearer bearer) {
    try {
      admins.verify(bearer.id(), bearer.leaf());
      return false;
    } catch (NotAuthenticatedException e) {
      return true;
    }
  }
}
