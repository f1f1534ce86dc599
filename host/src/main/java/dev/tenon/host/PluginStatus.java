package dev.tenon.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.host.launch.Isolation;
import java.util.List;
import java.util.OptionalLong;

/** One plugin of a host at one moment. */
public record PluginStatus(
    PluginName name,
    RuntimeId runtimeId,
    OptionalLong pid,
    Isolation isolation,
    PluginState state,
    List<ServiceName> services) {
  /** Copies the list. */
  public PluginStatus {
    services = List.copyOf(services);
  }
}
