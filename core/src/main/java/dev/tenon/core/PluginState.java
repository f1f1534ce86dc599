package dev.tenon.core;

import java.util.Locale;

/**
 * Where a plugin stands in its life. Closed: every reader handles all of them. {@link #leadsTo} has
 * the ways from one to the next; the host alone takes them.
 */
public sealed interface PluginState {
  /** Known to the host, and not started yet. */
  record Configured() implements PluginState {}

  /** Started; not enrolled, or not healthy for the first time yet. */
  record Starting() implements PluginState {}

  /** Serving. */
  record Healthy() implements PluginState {}

  /** Serving, with something missing. */
  record Degraded(Reason reason) implements PluginState {}

  /** Running, and gets no calls. */
  record Unhealthy(Reason reason) implements PluginState {}

  /** Finishing its calls before it stops. */
  record Draining() implements PluginState {}

  /** Ended because the host ended it. */
  record Stopped() implements PluginState {}

  /**
   * Ended although the host wanted it to run, and to be started again after a pause.
   *
   * @param attempt which start in a row comes next, from 1
   */
  record Restarting(int attempt, String why) implements PluginState {
    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if {@code attempt} is not positive
     */
    public Restarting {
      if (attempt < 1) {
        throw new IllegalArgumentException("attempt: " + attempt + " (expected: > 0)");
      }
    }
  }

  /** Ended, or was ended, although the host wanted it to run; it is not started again. */
  record Failed(String why) implements PluginState {}

  /** Returns whether the plugin has ended for good. */
  default boolean isEnd() {
    return this instanceof Stopped || this instanceof Failed;
  }

  /** Returns whether the plugin runs and has reported its health. */
  default boolean isUp() {
    return this instanceof Healthy || this instanceof Degraded || this instanceof Unhealthy;
  }

  /** Returns whether calls can go to the plugin. */
  default boolean takesCalls() {
    return this instanceof Healthy || this instanceof Degraded;
  }

  /**
   * Returns whether {@code next} may follow.
   *
   * <pre>
   * Configured, Failed           → Starting
   * Starting                     → Healthy, Degraded, Unhealthy
   * Healthy, Degraded, Unhealthy → each other
   * these, and Starting          → Draining, Restarting
   * Restarting                   → Starting, Restarting
   * all but Stopped              → Stopped; all but Stopped and Failed → Failed
   * </pre>
   *
   * <p>What drains is not started again, and what has stopped stays so.
   */
  default boolean leadsTo(PluginState next) {
    if (this instanceof Stopped || next instanceof Configured) {
      return false;
    }
    if (next instanceof Stopped) {
      return true;
    }
    if (next instanceof Failed) {
      return !(this instanceof Failed);
    }
    boolean isRunning = isUp() || this instanceof Starting;
    if (next instanceof Starting) {
      return this instanceof Configured || this instanceof Failed || this instanceof Restarting;
    }
    if (next instanceof Restarting) {
      return isRunning || this instanceof Restarting;
    }
    return isRunning; // to draining, or to a report of its health
  }

  /** Returns the state's name for tables and logs: {@code healthy}, {@code failed}, ... */
  default String label() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }
}
