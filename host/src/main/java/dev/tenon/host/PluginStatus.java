package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.launch.Isolation;
import java.util.List;
import java.util.OptionalLong;

/**
 * One plugin of a host at one moment.
 *
 * @param inFlight how many calls went to it and have not ended
 */
public record PluginStatus(
    PluginName name,
    RuntimeId runtimeId,
    OptionalLong pid,
    Isolation isolation,
    PluginState state,
    long inFlight,
    List<ServiceName> services) {
  /** Copies the list. */
  public PluginStatus {
    services = List.copyOf(services);
  }
}
