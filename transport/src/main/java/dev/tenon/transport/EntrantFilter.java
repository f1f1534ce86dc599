package dev.tenon.transport;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import javax.net.ssl.SSLSession;

/**
 * Tells grpc-java's server what the {@link Threshold} knows of a connection. The two meet in the
 * TLS session, which is no other connection's, and all that grpc-java shows of it. Thread-safe.
 */
final class EntrantFilter extends ServerTransportFilter {
  private static final String NAME = "dev.tenon.entrant";

  /** Notes that {@code entrant} has made {@code session}. */
  static void note(SSLSession session, Entrant entrant) {
    session.putValue(NAME, entrant);
  }

  /**
   * @throws IllegalStateException if the connection passed no threshold, which ends it
   */
  @Override
  public Attributes transportReady(Attributes attributes) {
    SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null || !(session.getValue(NAME) instanceof Entrant entrant)) {
      throw new IllegalStateException("connection: unknown (expected: one that passed)");
    }
    return attributes.toBuilder().setAll(entrant.attributes()).build();
  }
}
