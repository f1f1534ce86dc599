package dev.tenon.examples.host;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.host.PluginEvent;
import dev.tenon.host.PluginListener;
import java.util.Map;
import java.util.TreeMap;

/** Which plugins ended by themselves, and why at first; also those that run again. Thread-safe. */
final class Crashes implements PluginListener {
  private final Map<PluginName, String> reasons = new TreeMap<>(); // guarded by `this`

  @Override
  public synchronized void changed(PluginEvent event) {
    if (event.now() instanceof PluginState.Restarting restarting) {
      reasons.putIfAbsent(event.plugin(), restarting.why());
    } else if (event.now() instanceof PluginState.Failed failed) {
      reasons.putIfAbsent(event.plugin(), failed.why());
    }
  }

  synchronized Map<PluginName, String> reasons() {
    return Map.copyOf(reasons);
  }
}
