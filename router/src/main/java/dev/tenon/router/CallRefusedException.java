package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** The router itself refuses a call, for its form or because no backend can take it. */
final class CallRefusedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String publicText;

  /** Makes a refusal whose {@code auditReason} stays inside the host. */
  CallRefusedException(Refusal refusal, String auditReason) {
    this(refusal, auditReason, refusal.text());
  }

  /** Makes a refusal that tells the peer {@code publicText}. */
  CallRefusedException(Refusal refusal, String auditReason, String publicText) {
    super(refusal, auditReason);
    this.publicText = publicText;
  }

  @Override
  public String publicText() {
    return publicText;
  }
}
