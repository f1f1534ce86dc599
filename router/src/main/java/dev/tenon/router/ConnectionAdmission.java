package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Peer;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * Decides once, when a connection is made, whether its key is a live one of a living lineage. A
 * connection then lives while its lineage does: it is not cut when its own key is succeeded by
 * another. A server whose calls pass {@link Admission} must have it; without it no call is let in.
 * Thread-safe.
 */
public final class ConnectionAdmission extends ServerTransportFilter {
  /** Why the connection's calls are refused; {@link #ADMITTED} if they are not. */
  private static final Attributes.Key<Optional<Why>> REFUSED =
      Attributes.Key.create("dev.tenon.connection-refused");

  private static final Optional<Why> ADMITTED = Optional.empty();

  private final Lineages lineages;

  /** Makes the admission by the keys of {@code lineages}. */
  public ConnectionAdmission(Lineages lineages) {
    this.lineages = requireNonNull(lineages, "lineages");
  }

  @Override
  public Attributes transportReady(Attributes attributes) {
    return attributes.toBuilder().set(REFUSED, decide(attributes)).build();
  }

  private Optional<Why> decide(Attributes attributes) {
    Optional<Peer> peer = Optional.ofNullable(attributes.get(Peer.KEY));
    Optional<X509Certificate> certificate = peer.flatMap(Peer::certificate);
    Optional<SpiffeId> id = peer.flatMap(Peer::id);
    if (certificate.isEmpty() || !(id.orElse(null) instanceof SpiffeId.OfPlugin plugin)) {
      return Optional.of(Why.MISSING);
    }
    try {
      lineages.verifyKey(plugin.runtimeId(), certificate.get().getPublicKey());
      return ADMITTED;
    } catch (NotAuthenticatedException e) {
      return Optional.of(e.why());
    }
  }

  /** Checks what was decided about the connection with {@code attributes}. */
  static void check(Attributes attributes) throws NotAuthenticatedException {
    Optional<Why> refused = attributes.get(REFUSED);
    if (refused == null) {
      throw new NotAuthenticatedException(Why.MISSING);
    }
    if (refused.isPresent()) {
      throw new NotAuthenticatedException(refused.get());
    }
  }
}
