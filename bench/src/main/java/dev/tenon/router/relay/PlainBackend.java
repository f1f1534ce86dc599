package dev.tenon.router.relay;

import dev.tenon.transport.PlainSockets;
import dev.tenon.transport.Transport;

/** The way of a relay to a provider in plain text, for a benchmark alone. Stateless. */
public final class PlainBackend {
  private PlainBackend() {}

  /** Returns the connections of {@code sockets} to whatever listens on {@code port} of loopback. */
  public static WireBackend to(
      int port, PlainSockets sockets, Transport transport, RelayLoops loops) {
    return new WireBackend(
        (loop, connector) -> sockets.connect(port, connector),
        transport::loops,
        "tcp:127.0.0.1:" + port,
        "plain.internal",
        loops);
  }
}
