package dev.tenon.auth.audit;

import java.io.IOException;

/** The records of an audit log are not those that were written: it is not written on. */
public final class AuditBrokenException extends IOException {
  private static final long serialVersionUID = 1;

  private final transient AuditVerification.Broken where;

  AuditBrokenException(AuditVerification.Broken where) {
    super("audit log: " + where.describe());
    this.where = where;
  }

  /** Returns where it is broken. */
  public AuditVerification.Broken where() {
    return where;
  }
}
