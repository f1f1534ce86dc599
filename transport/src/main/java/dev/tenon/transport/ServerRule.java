package dev.tenon.transport;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What is asked about a server's certificate in the handshake of each connection to it, beside that
 * it is genuine and the right server's: that it was not revoked, for one. Must be thread-safe and
 * must not block.
 */
@FunctionalInterface
public interface ServerRule {
  /** Refuses none. */
  ServerRule NONE = chain -> Optional.of(() -> {});

  /**
   * Asks whether a connection to the server with {@code chain}, leaf first, may be made, and notes
   * it.
   *
   * @return what is run once when the connection has ended; empty if it may not be made
   */
  Optional<Runnable> admit(List<X509Certificate> chain);
}
