package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/**
 * A plugin that an administrator brought did not get there. The administrator is told why; what the
 * plugin printed is in the host's log alone.
 */
public final class ChangeFailedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal of a change for {@code cause}. */
  public ChangeFailedException(Exception cause) {
    super(Refusal.CHANGE_FAILED, String.valueOf(cause.getMessage()), cause);
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage()).lines().findFirst().orElse(refusal().text());
  }
}
