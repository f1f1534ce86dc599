package dev.tenon.auth;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.time.Duration;
import java.time.InstantSource;

/** Stub. */
public final class EnrolmentTokens {
  private final TokenMint mint;
  private final InstantSource clock;
  private final Duration life;

  /** Stub. */
  public EnrolmentTokens(TokenMint mint, InstantSource clock, Duration life) {
    this.mint = mint;
    this.clock = clock;
    this.life = life;
  }

  /** Stub. */
  public Issued issue(RuntimeId plugin) throws RandomSourceFailedException {
    return new Issued(mint.mint(Token.Kind.ENROLMENT), clock.instant().plus(life));
  }

  /** Stub. */
  public void redeem(RuntimeId claimed, String presented)
      throws NotAuthenticatedException, TokenSpentException {
    if (presented.isEmpty()) {
      throw new TokenSpentException(claimed);
    }
    throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
  }

  /** Stub. */
  public void withdraw(RuntimeId plugin) {}
}
