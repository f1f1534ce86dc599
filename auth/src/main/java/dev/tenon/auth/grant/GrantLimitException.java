package dev.tenon.auth.grant;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;

/** There are as many grants as the host keeps, of one run or of all. */
public final class GrantLimitException extends RefusedException {
  private static final long serialVersionUID = 1;

  GrantLimitException(String which, int limit) {
    super(Refusal.LIMIT_REACHED, "grants " + which + ": " + limit + " at most");
  }
}
