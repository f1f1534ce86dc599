package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;

/** An administrator named a run that this host has not; administrators are told so. */
final class RunNotFoundException extends RefusedException {
  private static final long serialVersionUID = 1;

  RunNotFoundException(RuntimeId run) {
    super(Refusal.NOT_FOUND, "run: " + run + " (expected: one of this host's)");
  }

  @Override
  public String publicText() {
    return String.valueOf(getMessage());
  }
}
