package dev.tenon.core;

import java.util.Locale;

/** Where a plugin stands in its life. Closed: every reader handles all of them. */
public sealed interface PluginState {
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

  /** Ended, or was ended, although the host wanted it to run. */
  record Failed(String why) implements PluginState {}

  /** Returns whether the plugin has ended for good. */
  default boolean isEnd() {
    return this instanceof Stopped || this instanceof Failed;
  }

  /** Returns the state's name for tables and logs: {@code healthy}, {@code failed}, ... */
  default String label() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }
}
