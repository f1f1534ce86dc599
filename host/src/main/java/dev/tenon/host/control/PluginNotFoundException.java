package dev.tenon.host.control;

import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** An administrator named a plugin that this host has not. */
public final class PluginNotFoundException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal of {@code plugin}. */
  public PluginNotFoundException(PluginName plugin) {
    super(Refusal.NOT_FOUND, "plugin: " + plugin + " (expected: one of this host's)");
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
