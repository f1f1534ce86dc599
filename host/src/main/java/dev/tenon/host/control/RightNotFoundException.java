package dev.tenon.host.control;

import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.ServiceName;

/** An administrator named a right that the policy in force does not give. */
final class RightNotFoundException extends RefusedException {
  private static final long serialVersionUID = 1;

  RightNotFoundException(PluginName plugin, ServiceName service) {
    super(
        Refusal.NOT_FOUND,
        "right: of "
            + plugin
            + " to provide "
            + service
            + " (expected: one that the policy in force gives)");
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
