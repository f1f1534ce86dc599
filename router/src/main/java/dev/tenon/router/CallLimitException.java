package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** A caller, a provider or the host has as many calls open as it may have. */
final class CallLimitException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String whose;

  /** Makes the refusal of one more than {@code most} calls of {@code whose}. */
  CallLimitException(String whose, int most) {
    super(Refusal.LIMIT_REACHED, "open calls of " + whose + ": " + most + " at most");
    this.whose = whose;
  }

  @Override
  public String publicText() {
    return refusal().text() + ": open calls of " + whose;
  }
}
