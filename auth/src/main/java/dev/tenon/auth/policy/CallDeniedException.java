package dev.tenon.auth.policy;

import dev.tenon.core.CallPath;
import dev.tenon.core.Identity;
import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/**
 * The policy does not allow a call. The peer gets the same text whether no rule matched, a rule
 * denied, or the service does not exist; the audit log gets {@link #auditReason}.
 */
public final class CallDeniedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String auditReason;

  CallDeniedException(Identity caller, CallPath path, String auditReason) {
    super(Refusal.NOT_ALLOWED, caller.actor() + " may not call " + path + ": " + auditReason);
    this.auditReason = auditReason;
  }

  CallDeniedException(Identity caller, CallPath path, String auditReason, Throwable cause) {
    super(
        Refusal.NOT_ALLOWED, caller.actor() + " may not call " + path + ": " + auditReason, cause);
    this.auditReason = auditReason;
  }

  /** Returns {@code no rule}, {@code deny rule <id>} or {@code rule <id> failed}. */
  public String auditReason() {
    return auditReason;
  }
}
