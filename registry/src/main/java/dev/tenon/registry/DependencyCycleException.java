package dev.tenon.registry;

import static java.util.stream.Collectors.joining;

import dev.tenon.core.PluginName;
import java.util.List;

/**
 * Plugins require each other in a circle, so that none of them can start first. An error of
 * configuration, found before anything starts: no peer asked for it, so it is no {@link
 * dev.tenon.core.RefusedException}.
 */
public final class DependencyCycleException extends Exception {
  private static final long serialVersionUID = 1;

  @SuppressWarnings("serial") // exceptions of Tenon are never serialized
  private final List<PluginName> cycle;

  DependencyCycleException(List<PluginName> cycle) {
    super(
        "plugins require each other: "
            + cycle.stream().map(PluginName::value).collect(joining(" → "))
            + " (expected: no cycle; one of them may declare the other's service as optional)");
    this.cycle = List.copyOf(cycle);
  }

  /** Returns the circle: each plugin requires the next, the last is the first again. */
  public List<PluginName> cycle() {
    return cycle;
  }
}
