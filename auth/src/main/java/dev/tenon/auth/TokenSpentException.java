package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.util.Optional;

/** An enrolment token was presented again: two parties hold it, so its run is to be ended. */
public final class TokenSpentException extends RefusedException {
  private static final long serialVersionUID = 1;

  private final transient RuntimeId rightful;

  /** Makes the refusal of a token that was minted for {@code rightful}. */
  TokenSpentException(RuntimeId rightful) {
    super(Refusal.TOKEN_SPENT, "enrolment token of " + requireNonNull(rightful, "rightful"));
    this.rightful = rightful;
  }

  /** Returns the run that the token was minted for. */
  public Optional<RuntimeId> rightful() {
    return Optional.ofNullable(rightful);
  }
}
