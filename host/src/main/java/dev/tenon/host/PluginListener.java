package dev.tenon.host;

/** Is told where the plugins of a host stand. */
@FunctionalInterface
public interface PluginListener {
  /**
   * Takes {@code event}. Called on one thread of the listener's own, in the order of the changes;
   * it may block, and holds up nobody but itself. Of the events that wait for a slow listener the
   * oldest are dropped, and counted in the next one; what it throws is logged.
   */
  void changed(PluginEvent event);

  /**
   * Takes a change of a circuit breaker; as {@link #changed}, and in one order with it. Does
   * nothing unless overridden.
   */
  default void breakerChanged(BreakerEvent event) {}
}
