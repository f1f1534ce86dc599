package dev.tenon.auth.audit;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** An audit event was not written, so what it tells of must not take effect. */
public final class AuditFailedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the refusal for a log that takes no records. */
  public AuditFailedException(String message) {
    super(Refusal.INTERNAL, message);
  }

  /** Makes the refusal with the fault that kept the record from being written. */
  public AuditFailedException(String message, Throwable cause) {
    super(Refusal.INTERNAL, message, cause);
  }
}
