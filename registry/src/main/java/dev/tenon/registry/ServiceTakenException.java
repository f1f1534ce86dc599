package dev.tenon.registry;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** Another plugin provides the service, and one of the two claims is exclusive. */
public final class ServiceTakenException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String auditReason;

  ServiceTakenException(Registration refused, Registration holder) {
    this(refused, holder.provider().toString());
  }

  /** Makes the refusal of {@code refused}, because of what {@code holder} provides. */
  public ServiceTakenException(Registration refused, String holder) {
    super(
        Refusal.SERVICE_TAKEN,
        refused.provider()
            + " registers "
            + refused.service()
            + " (expected: not provided by "
            + holder
            + ")");
    auditReason = "held by " + holder;
  }

  /** Returns who holds the service; for the audit log, not for the peer. */
  public String auditReason() {
    return auditReason;
  }
}
