package dev.tenon.auth.grant;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import java.util.Locale;

/**
 * No grant, or one that is no good. The peer sees one text for every cause but one: a grant of
 * another run, shown with its token, is not allowed. {@link #auditReason} is for the audit log.
 */
public final class GrantRefusedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** What was wrong with the grant; never told to the peer. */
  public enum Why {
    /** There was none. */
    MISSING,
    /** It is not an id and a token in their canonical forms. */
    MALFORMED,
    /** There was more than one. */
    DUPLICATE,
    /** Nobody was given it, or it has ended. */
    UNKNOWN,
    /** The token is not the grant's. */
    WRONG_TOKEN,
    /** Its time is over. */
    EXPIRED,
    /** It is good for another service. */
    OTHER_SERVICE,
    /** It is another run's. */
    FOREIGN
  }

  private final Why why;

  /** Makes the refusal. */
  public GrantRefusedException(Why why) {
    super(
        requireNonNull(why, "why") == Why.FOREIGN
            ? Refusal.NOT_ALLOWED
            : Refusal.GRANT_NOT_ACCEPTED,
        "grant: " + why);
    this.why = why;
  }

  /** Returns what was wrong. */
  public Why why() {
    return why;
  }

  /** Returns what was wrong, as the audit log writes it. */
  public String auditReason() {
    return "grant " + why.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
