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

  private final Decision.Deny decision;

  CallDeniedException(Identity caller, CallPath path, Decision.Deny decision) {
    super(
        Refusal.NOT_ALLOWED,
        caller.actor() + " may not call " + path + ": " + decision.auditReason());
    this.decision = decision;
    decision.fault().ifPresent(this::initCause);
  }

  /** Returns the decision, with its rule. */
  public Decision.Deny decision() {
    return decision;
  }

  /** Returns whether the call is refused because something failed, and not by the policy. */
  public boolean isFault() {
    return decision.reason() == Decision.Reason.FAULT;
  }

  /** Returns {@code no rule}, {@code deny rule <id>} or what an authorizer did. */
  public String auditReason() {
    return decision.auditReason();
  }
}
