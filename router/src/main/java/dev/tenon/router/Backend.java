package dev.tenon.router;

import dev.tenon.router.relay.WireBackend;
import io.grpc.Channel;

/** What a call goes to its provider by. */
sealed interface Backend {
  /** A channel: whatever takes calls of gRPC. */
  record OfChannel(Channel channel) implements Backend {}

  /**
   * Services in this process, whose unary methods run on the caller's thread; by {@code channel}
   * everything else of them.
   */
  record OfProcess(DirectServices services, Channel channel) implements Backend {}

  /** Connections on which calls go as the frames that they came in. */
  record OfWire(WireBackend connections) implements Backend {}
}
