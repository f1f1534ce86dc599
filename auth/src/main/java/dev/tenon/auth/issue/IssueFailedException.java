package dev.tenon.auth.issue;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** An issuer did not bring the certificate that it was asked for: none is handed out. */
public final class IssueFailedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the failure that {@code message} describes. */
  public IssueFailedException(String message) {
    super(Refusal.INTERNAL, message);
  }

  /** Makes the failure with the fault behind it. */
  public IssueFailedException(String message, Throwable cause) {
    super(Refusal.INTERNAL, message, cause);
  }
}
