package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** A registration or watch more than the host keeps. */
public final class LimitReachedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String auditReason;

  LimitReachedException(String what, int limit) {
    super(Refusal.LIMIT_REACHED, what + ": one more than " + limit);
    auditReason = "limit of " + limit + " " + what;
  }

  /** Returns which limit; for the audit log, not for the peer. */
  public String auditReason() {
    return auditReason;
  }
}
