package dev.tenon.auth.audit;

/**
 * Where audit events go, before what they tell of takes effect. Thread-safe.
 *
 * <p>An event carries names, ids and reasons; secrets are types of their own that print nothing.
 */
public interface AuditLog extends AutoCloseable {
  /**
   * Writes {@code event} and returns when it was written whole.
   *
   * @throws AuditFailedException if it was not; whoever records refuses what it was about to do
   */
  void record(AuditEvent event) throws AuditFailedException;

  /** Ends the log; every later record fails. Has no effect the second time. */
  @Override
  void close();
}
