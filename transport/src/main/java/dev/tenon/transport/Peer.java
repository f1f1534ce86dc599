package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;
import io.grpc.Attributes;
import io.grpc.ServerCall;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Who is at the other end of an accepted connection, read from the finished TLS session; never from
 * anything that a peer can write, such as {@code :authority}.
 *
 * @param id the verified identity; empty when the client has no certificate or its certificate did
 *     not stand the second check
 * @param certificate the client's certificate; present exactly when {@code id} is
 * @param process the peer's process, on Unix sockets
 * @param connection number of the connection, unique in this JVM
 */
public record Peer(
    Optional<SpiffeId> id,
    Optional<X509Certificate> certificate,
    Optional<PeerProcess> process,
    long connection) {
  /** Where the peer is found among the attributes of a connection's calls. */
  public static final Attributes.Key<Peer> KEY = Attributes.Key.create("dev.tenon.peer");

  /** Checks for null. */
  public Peer {
    requireNonNull(id, "id");
    requireNonNull(certificate, "certificate");
    requireNonNull(process, "process");
  }

  /** Returns who makes {@code call}; empty on a connection that no {@link Transport} accepted. */
  public static Optional<Peer> of(ServerCall<?, ?> call) {
    return Optional.ofNullable(call.getAttributes().get(KEY));
  }
}
