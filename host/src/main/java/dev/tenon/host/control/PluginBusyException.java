package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** A plugin is being changed, and has one change at a time. */
public final class PluginBusyException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal of a change for {@code cause}. */
  public PluginBusyException(IllegalStateException cause) {
    super(Refusal.LIMIT_REACHED, String.valueOf(cause.getMessage()), cause);
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
