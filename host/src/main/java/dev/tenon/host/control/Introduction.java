package dev.tenon.host.control;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.time.Instant;
import java.util.Set;

/**
 * That one run may call another without the host, for a time.
 *
 * @param serial names it, and its grant; no two have the same
 */
record Introduction(
    String serial,
    PluginRun caller,
    PluginRun provider,
    ServiceName service,
    Set<String> methods,
    Instant expires) {
  Introduction {
    methods = Set.copyOf(methods);
  }

  /** Returns whether {@code run} calls or is called. */
  boolean isOf(RuntimeId run) {
    return caller.id().runtimeId().equals(run) || provider.id().runtimeId().equals(run);
  }
}
