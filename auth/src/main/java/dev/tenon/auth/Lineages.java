package dev.tenon.auth;

import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.PublicKey;
import java.time.Duration;
import java.time.InstantSource;

/** Stub. */
public final class Lineages {
  private final TokenMint mint;
  private final InstantSource clock;
  private final Duration tokenLife;

  /** Stub. */
  public Lineages(TokenMint mint, InstantSource clock, Duration tokenLife, Duration grace) {
    this.mint = mint;
    this.clock = clock;
    this.tokenLife = tokenLife;
  }

  /** Stub. */
  public Issued open(RuntimeId plugin, PublicKey key) throws RandomSourceFailedException {
    return new Issued(mint.mint(Token.Kind.RUNTIME), clock.instant().plus(tokenLife));
  }

  /** Stub. */
  public void verify(RuntimeId plugin, String presented) throws NotAuthenticatedException {
    throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
  }

  /** Stub. */
  public void verifyKey(RuntimeId plugin, PublicKey key) throws NotAuthenticatedException {
    throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
  }

  /** Stub. */
  public Issued renew(RuntimeId plugin, PublicKey connectionKey, PublicKey newKey)
      throws NotAuthenticatedException, RandomSourceFailedException {
    return new Issued(mint.mint(Token.Kind.RUNTIME), clock.instant().plus(tokenLife));
  }

  /** Stub. */
  public void revoke(RuntimeId plugin) {}

  /** Stub. */
  public int live() {
    return 0;
  }
}
