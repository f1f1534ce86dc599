package dev.tenon.router;

import dev.tenon.core.Identity;
import dev.tenon.core.RuntimeId;
import dev.tenon.router.relay.WireBackend;
import io.grpc.Channel;
import java.util.Optional;

/**
 * The channels on which the host reaches its plugins, by runtime id. Addresses come from the host
 * alone: nothing that a plugin says changes what this returns. Must be thread-safe and not block.
 *
 * <p>The channels honour the stream tracers in {@link io.grpc.CallOptions}, as every channel of
 * grpc-java does: the router learns from them whether a status came from the provider. They carry
 * no interceptor that adds credentials.
 */
@FunctionalInterface
public interface Backends {
  /**
   * Returns the channel on which {@code caller} reaches {@code provider}, or empty if there is none
   * now. Callers that share one share its flow control. Not asked for calls that {@link #wire}
   * takes.
   */
  Optional<Channel> backend(RuntimeId provider, Identity caller);

  /**
   * Returns the connections on which calls reach {@code provider} as the frames that they came in,
   * or empty if it takes calls by a channel alone.
   */
  default Optional<WireBackend> wire(RuntimeId provider) {
    return Optional.empty();
  }

  /**
   * Returns the services of {@code provider} whose unary methods run on the threads of callers
   * inside the host, or empty if it has none. Everything else of it goes by {@link #backend}.
   */
  default Optional<DirectServices> direct(RuntimeId provider) {
    return Optional.empty();
  }
}
