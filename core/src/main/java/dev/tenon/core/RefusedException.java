package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * A request that was refused. Each kind of refusal that a caller must handle is a final subclass
 * named for what happened, beside the code that throws it; {@link RefusalStatus} tells the peer.
 *
 * <p>The message is for the operator's log and audit. The peer sees {@link #publicText} alone.
 */
public abstract class RefusedException extends Exception {
  private static final long serialVersionUID = 1;

  private final Refusal refusal;

  /** Makes a refusal whose {@code message} stays inside the host. */
  protected RefusedException(Refusal refusal, String message) {
    super(message);
    this.refusal = requireNonNull(refusal, "refusal");
  }

  /** Makes a refusal with the fault behind it. */
  protected RefusedException(Refusal refusal, String message, Throwable cause) {
    super(message, cause);
    this.refusal = requireNonNull(refusal, "refusal");
  }

  /** Returns what the peer may know. */
  public final Refusal refusal() {
    return refusal;
  }

  /** Returns the text for the peer; subclasses add only what the peer sent or must know. */
  public String publicText() {
    return refusal.text();
  }

  /**
   * Returns when the same request is worth another attempt at the earliest, if time alone helps.
   */
  public Optional<Duration> retryAfter() {
    return Optional.empty();
  }
}
