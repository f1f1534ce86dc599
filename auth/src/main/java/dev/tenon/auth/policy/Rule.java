package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * One {@code [[rule]]} of a policy, as the operator wrote it. Immutable and thread-safe.
 *
 * @param description what the operator says that it is for; may be empty
 * @param caller pattern over the names of plugins, and {@code host}; with {@code @<host>} after it
 *     of those behind that other host
 * @param service pattern over service names
 * @param method pattern over method names
 * @param way whether the host may introduce the caller to the provider
 * @param maxDeadline how long a call may take at most, counted from when it came; empty: as long as
 *     its caller says
 */
public record Rule(
    String id,
    String description,
    Effect effect,
    String caller,
    String service,
    String method,
    AuditMode audit,
    CallWay way,
    Optional<Duration> maxDeadline) {
  /** Checks for null. */
  public Rule {
    requireNonNull(id, "id");
    requireNonNull(description, "description");
    requireNonNull(effect, "effect");
    requireNonNull(caller, "caller");
    requireNonNull(service, "service");
    requireNonNull(method, "method");
    requireNonNull(audit, "audit");
    requireNonNull(way, "way");
    requireNonNull(maxDeadline, "maxDeadline");
  }

  /** Makes a rule whose calls all go through the host, and take as long as their callers say. */
  public Rule(
      String id,
      String description,
      Effect effect,
      String caller,
      String service,
      String method,
      AuditMode audit) {
    this(id, description, effect, caller, service, method, audit, CallWay.ROUTED, Optional.empty());
  }
}
