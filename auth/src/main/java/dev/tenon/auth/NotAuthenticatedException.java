package dev.tenon.auth;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * No credential, or one that is no good. The peer sees one text for every cause; {@link
 * #auditReason} is for the audit log.
 */
public final class NotAuthenticatedException extends RefusedException {
  private static final long serialVersionUID = 1;

  /** What was wrong with the credential; never told to the peer. */
  public enum Why {
    /** There was none, or it was empty. */
    MISSING,
    /** It is not the canonical form of a token. */
    MALFORMED,
    /** There was more than one. */
    DUPLICATE,
    /** Nobody was given it, or it was forgotten. */
    UNKNOWN,
    /** Its time, or the grace of the one before, is over. */
    EXPIRED,
    /** It belongs to another run, or another user than its run's shows it. */
    FOREIGN,
    /** It was withdrawn with all others of its run. */
    REVOKED,
    /** It is a genuine certificate, and on none of the lists that say which may be used. */
    UNLISTED
  }

  private final Why why;
  private final transient @Nullable RuntimeId rightful;

  /** Makes the refusal of a credential that tells nothing about its owner. */
  public NotAuthenticatedException(Why why) {
    this(why, null);
  }

  /** Makes the refusal of a credential that belongs to {@code rightful}. */
  NotAuthenticatedException(Why why, @Nullable RuntimeId rightful) {
    super(Refusal.NOT_AUTHENTICATED, "credential: " + requireNonNull(why, "why"));
    this.why = why;
    this.rightful = rightful;
  }

  /** Returns what was wrong. */
  public Why why() {
    return why;
  }

  /** Returns what was wrong, as the audit log writes it. */
  public String auditReason() {
    return why.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the run that the token was minted for, where it was presented as another's. With an
   * enrolment token that run is to be ended: its secret is in other hands.
   */
  public Optional<RuntimeId> rightful() {
    return Optional.ofNullable(rightful);
  }
}
