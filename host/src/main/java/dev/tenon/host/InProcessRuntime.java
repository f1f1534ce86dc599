package dev.tenon.host;

import dev.tenon.core.Plugin;
import dev.tenon.host.launch.Isolation;
import dev.tenon.host.launch.Launch;
import dev.tenon.host.launch.LaunchException;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.host.launch.PluginDefinition;
import dev.tenon.host.launch.PluginRuntime;

/**
 * Marks a plugin that runs inside the host. It is never handed a bootstrap line: no token is made
 * for it, and it is known by the channel that it was given.
 */
final class InProcessRuntime implements PluginRuntime {
  private final Plugin plugin;

  private InProcessRuntime(Plugin plugin) {
    this.plugin = plugin;
  }

  static PluginDefinition of(Plugin plugin) {
    return new PluginDefinition(plugin.name(), plugin.version(), new InProcessRuntime(plugin));
  }

  Plugin plugin() {
    return plugin;
  }

  @Override
  public LaunchedPlugin launch(Launch launch) throws LaunchException {
    throw new LaunchException(
        "plugin " + plugin.name() + ": launched with a token (expected: inside the host)");
  }

  @Override
  public Isolation isolation() {
    return Isolation.NONE;
  }
}
