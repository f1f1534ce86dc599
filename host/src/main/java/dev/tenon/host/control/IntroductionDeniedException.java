package dev.tenon.host.control;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** An introduction is not made; the message is for the audit log. */
final class IntroductionDeniedException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final String publicText;

  /** Makes a refusal whose {@code auditReason} stays inside the host. */
  IntroductionDeniedException(Refusal refusal, String auditReason) {
    this(refusal, auditReason, refusal.text());
  }

  /** Makes a refusal that tells the peer {@code publicText}. */
  IntroductionDeniedException(Refusal refusal, String auditReason, String publicText) {
    super(refusal, auditReason);
    this.publicText = publicText;
  }

  @Override
  public String publicText() {
    return publicText;
  }
}
