package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import java.util.function.Supplier;

/**
 * How a listening side proves itself and checks those who connect: always, there is no option to
 * weaken it. Which versions of TLS there are is the transport's ({@link TlsFloor}).
 *
 * @param credentials the current snapshot; asked once per connection, so that a renewed one takes
 *     effect on the next
 * @param clientAuth whether a client must have a certificate
 * @param peers which clients may connect; not asked with {@link ClientAuth#NONE}
 */
public record ServerTls(Supplier<Credentials> credentials, ClientAuth clientAuth, PeerRule peers) {
  /** Whether a client must have a certificate. */
  public enum ClientAuth {
    /** The handshake fails without one. */
    REQUIRED,
    /** None is asked for; for the enrolment listener, whose callers have none yet. */
    NONE
  }

  /** Checks for null. */
  public ServerTls {
    requireNonNull(credentials, "credentials");
    requireNonNull(clientAuth, "clientAuth");
    requireNonNull(peers, "peers");
  }
}
