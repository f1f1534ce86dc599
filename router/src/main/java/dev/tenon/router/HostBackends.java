package dev.tenon.router;

import dev.tenon.core.Identity;
import dev.tenon.registry.OtherHost;
import io.grpc.Channel;
import java.util.Optional;

/**
 * The channels on which the host reaches the routers of other hosts. Must be thread-safe and not
 * block; the channels are as those of {@link Backends}.
 */
@FunctionalInterface
public interface HostBackends {
  /** Reaches no other host. */
  HostBackends NONE = (host, caller) -> Optional.empty();

  /**
   * Returns the channel on which calls of {@code caller} go to {@code host}, at whose other end
   * nobody else is; or empty if there is none.
   */
  Optional<Channel> backend(OtherHost host, Identity caller);
}
