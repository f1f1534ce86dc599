package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.PluginName;
import dev.tenon.core.PluginState;
import dev.tenon.core.RuntimeId;
import java.time.Instant;
import java.util.Optional;

/**
 * A change of where a plugin stands.
 *
 * @param run the run that it is about; empty before the first
 * @param missed how many events before this one the listener was not told, because it was too slow
 */
public record PluginEvent(
    Instant at,
    PluginName plugin,
    Optional<RuntimeId> run,
    PluginState before,
    PluginState now,
    long missed) {
  /** Checks for null. */
  public PluginEvent {
    requireNonNull(at, "at");
    requireNonNull(plugin, "plugin");
    requireNonNull(run, "run");
    requireNonNull(before, "before");
    requireNonNull(now, "now");
  }

  PluginEvent missed(long events) {
    return new PluginEvent(at, plugin, run, before, now, events);
  }
}
