package dev.tenon.auth.grant;

import dev.tenon.auth.Digest;
import dev.tenon.auth.Expiry;
import org.jspecify.annotations.Nullable;

/**
 * The digests of a grant's tokens at one moment: the newest, and the one before it while that is
 * good. Immutable and thread-safe; a refresh makes another.
 */
record GrantSecrets(Digest token, Expiry expiry, @Nullable Earlier earlier) {
  /** The token before the newest, which is good until its own end or that of its grace. */
  record Earlier(Digest token, Expiry expiry, Expiry graceEnd) {
    boolean isOver() {
      return expiry.isOver() || graceEnd.isOver();
    }
  }

  /** How the token of a digest stands. */
  enum Standing {
    GOOD,
    OVER,
    STRANGE
  }

  /** Compares with two digests always, to the end, so that the time tells nothing. */
  Standing standing(Digest digest) {
    boolean isNewest = token.equals(digest);
    boolean isEarlier = (earlier == null ? Digest.NONE : earlier.token()).equals(digest);
    if (isNewest) {
      return expiry.isOver() ? Standing.OVER : Standing.GOOD;
    }
    if (earlier == null || !isEarlier) {
      return Standing.STRANGE;
    }
    return earlier.isOver() ? Standing.OVER : Standing.GOOD;
  }

  /** Returns the secrets with {@code next} as the newest token. */
  GrantSecrets refreshed(Digest next, Expiry end, Expiry graceEnd) {
    return new GrantSecrets(next, end, new Earlier(token, expiry, graceEnd));
  }
}
