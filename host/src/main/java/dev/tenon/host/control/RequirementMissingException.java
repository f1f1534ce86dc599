package dev.tenon.host.control;

import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.Requirement;
import dev.tenon.core.Version;

/** A plugin requires a service that the host itself offers, and in no version that it has. */
final class RequirementMissingException extends RefusedException {
  private static final long serialVersionUID = 1;

  RequirementMissingException(PluginName plugin, Requirement requirement, Version offered) {
    super(
        Refusal.REQUIREMENT_MISSING,
        "plugin " + plugin + " requires " + requirement + ", and the host offers " + offered);
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
