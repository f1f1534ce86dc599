package dev.tenon.auth.audit;

import java.util.concurrent.CompletableFuture;

/**
 * Where audit events go, before what they tell of takes effect. Thread-safe.
 *
 * <p>An event carries names, ids and reasons; secrets are types of their own that print nothing.
 */
public interface AuditLog extends AutoCloseable {
  /**
   * Writes {@code event} and returns when it was committed: to where it outlives the process, and
   * for a log on disk the loss of power. Blocks; not for event loops.
   *
   * @throws AuditFailedException if it was not; whoever records refuses what it was about to do
   */
  void record(AuditEvent event) throws AuditFailedException;

  /**
   * Writes {@code event} as {@link #record} does, without blocking. Events are committed in the
   * order in which they were handed in.
   *
   * @return what completes when the event was committed, or with an {@link AuditFailedException};
   *     on a thread of the log's own, which must not be blocked
   */
  default CompletableFuture<Void> commit(AuditEvent event) {
    try {
      record(event);
      return CompletableFuture.completedFuture(null);
    } catch (AuditFailedException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Hands in {@code event}, which tells of a refusal, and waits for nothing. Of many that are alike
   * the first are written as they are and the rest as one, whose detail {@code count} says how
   * many; none goes uncounted while the log is open.
   *
   * @throws AuditFailedException if the log is closed or cannot be written at present; the event is
   *     counted for when it can be again
   */
  default void note(AuditEvent event) throws AuditFailedException {
    record(event);
  }

  /** Ends the log; every later record fails. Has no effect the second time. */
  @Override
  void close();
}
