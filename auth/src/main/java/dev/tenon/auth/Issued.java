package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Token;
import java.time.Instant;

/**
 * A token on its way to its only owner, and when it ends. Nothing on the host's side keeps it; its
 * {@code toString} shows the token's kind alone.
 */
public record Issued(Token token, Instant expires) {
  /** Checks for null. */
  public Issued {
    requireNonNull(token, "token");
    requireNonNull(expires, "expires");
  }
}
