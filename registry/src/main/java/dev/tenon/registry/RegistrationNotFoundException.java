package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/**
 * The registration is unknown or another plugin's. The peer cannot tell which, so that ids cannot
 * be probed; the audit log can.
 */
public final class RegistrationNotFoundException extends RefusedException {
  private static final long serialVersionUID = 1;

  static final String UNKNOWN = "unknown";
  static final String NOT_THE_OWNER = "not the owner";

  private final String auditReason;

  RegistrationNotFoundException(String auditReason) {
    super(Refusal.NOT_FOUND, "registration: " + auditReason);
    this.auditReason = auditReason;
  }

  /** Returns {@code unknown} or {@code not the owner}; for the audit log, not for the peer. */
  public String auditReason() {
    return auditReason;
  }
}
