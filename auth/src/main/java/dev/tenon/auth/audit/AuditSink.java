package dev.tenon.auth.audit;

/**
 * A second place that audit events go to, such as a collector of security events. It is told of
 * events that are in the file already, in their order, on one thread that is for sinks alone.
 *
 * <p>What it throws is logged and changes nothing. If it is so slow that too many events wait, it
 * misses some; the log says how many. The file has all.
 */
@FunctionalInterface
public interface AuditSink {
  /** Takes {@code event}. */
  void accept(AuditEvent event);
}
