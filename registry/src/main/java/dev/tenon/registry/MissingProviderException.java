package dev.tenon.registry;

import dev.tenon.core.PluginName;
import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;

/**
 * A plugin requires a service that nothing configured provides. An error of configuration, found
 * before anything starts: no peer asked for it, so it is no {@link
 * dev.tenon.core.RefusedException}.
 */
public final class MissingProviderException extends Exception {
  private static final long serialVersionUID = 1;

  @SuppressWarnings("serial") // exceptions of Tenon are never serialized
  private final PluginName plugin;

  @SuppressWarnings("serial") // exceptions of Tenon are never serialized
  private final ServiceName service;

  MissingProviderException(PluginName plugin, Requirement requirement) {
    super(
        "plugin "
            + plugin
            + " requires "
            + requirement
            + ", which no plugin provides (expected: a plugin or the host provides it, or plugin "
            + plugin
            + " declares it as optional)");
    this.plugin = plugin;
    this.service = requirement.service();
  }

  /** Returns the plugin that cannot start. */
  public PluginName plugin() {
    return plugin;
  }

  /** Returns the service that is missing. */
  public ServiceName service() {
    return service;
  }
}
