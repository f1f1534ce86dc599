package dev.tenon.auth;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** The random source failed or repeats itself: nothing was issued, and nothing weaker will be. */
public final class RandomSourceFailedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** Makes the failure that {@code message} describes. */
  RandomSourceFailedException(String message) {
    super(Refusal.INTERNAL, message);
  }

  /** Makes the failure with the generator's own exception. */
  RandomSourceFailedException(String message, Throwable cause) {
    super(Refusal.INTERNAL, message, cause);
  }
}
