package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import java.util.function.Supplier;

/**
 * How a connecting side proves itself and checks the server: always, there is no option to weaken
 * it. Which versions of TLS there are is the transport's ({@link TlsFloor}).
 *
 * @param credentials the current snapshot; asked once per connection, so that a renewed one takes
 *     effect on the next
 * @param peers which server is the right one
 * @param servers which certificates of it may be used
 * @param serverName the DNS name to ask for (SNI) and to find in the server's certificate
 */
public record ClientTls(
    Supplier<Credentials> credentials, PeerRule peers, ServerRule servers, String serverName) {
  /**
   * Checks the server name.
   *
   * @throws IllegalArgumentException if {@code serverName} is not a DNS name
   */
  public ClientTls {
    requireNonNull(credentials, "credentials");
    requireNonNull(peers, "peers");
    requireNonNull(servers, "servers");
    requireNonNull(serverName, "serverName");
    DnsNames.require(serverName);
  }

  /**
   * Makes the side that connects to the right server with whatever certificate.
   *
   * @throws IllegalArgumentException if {@code serverName} is not a DNS name
   */
  public ClientTls(Supplier<Credentials> credentials, PeerRule peers, String serverName) {
    this(credentials, peers, ServerRule.NONE, serverName);
  }
}
