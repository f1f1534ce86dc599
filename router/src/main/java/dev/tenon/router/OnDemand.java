package dev.tenon.router;

import dev.tenon.core.ServiceName;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Starts providers of services that nobody provides. Must be thread-safe and not block. */
@FunctionalInterface
public interface OnDemand {
  /** Starts nothing. */
  OnDemand NEVER = (service, most) -> Optional.empty();

  /**
   * Starts what may provide {@code service}, unless that is up or has just failed: then empty.
   * Returns what completes when a look is worth while, and after {@code most} in any case; on a
   * thread that may block.
   */
  Optional<CompletableFuture<?>> start(ServiceName service, Duration most);
}
