package dev.tenon.auth.policy;

/** How often an allowed call is written to the audit log; later ones are stricter. */
public enum AuditMode {
  /** The first call of each caller, service and method; later ones are counted. */
  FIRST,
  /** Every call: the intent before it, the outcome after it. */
  CALL;

  boolean isStricterThan(AuditMode other) {
    return compareTo(other) > 0;
  }
}
