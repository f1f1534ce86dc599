package dev.tenon.router;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.core.RefusedException;
import io.grpc.Status;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes what happens to calls into the audit log. Thread-safe. */
final class CallAudit {
  private final AuditLog log;
  private final InstantSource clock;

  CallAudit(AuditLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  /**
   * Records that a connection or a token did not prove an identity. What was asked for is left out:
   * an unproved peer's path is its own words, and may hold the very token.
   */
  void notAuthenticated(@Nullable String actor, NotAuthenticatedException refused)
      throws AuditFailedException {
    record(
        "authentication", actor, "verify", /* resource= */ null, Outcome.DENIED, reason(refused));
  }

  /** Records that a call was refused. {@code resource} is null where the path has no legal form. */
  void refused(String actor, @Nullable String resource, RefusedException refused)
      throws AuditFailedException {
    record("call", actor, "refuse", resource, outcome(refused), reason(refused));
  }

  /** Records that a call that was relayed is ended, because a new policy denies it. */
  void ended(CallDeniedException denied, Permit permit) throws AuditFailedException {
    relayed(permit, "end", outcome(denied), reason(denied));
  }

  private static Outcome outcome(RefusedException refused) {
    return refused instanceof CallDeniedException denied && denied.isFault()
        ? Outcome.ERROR
        : Outcome.DENIED;
  }

  private static Map<String, String> reason(RefusedException refused) {
    return Map.of("reason", auditReason(refused), "refusal", refused.refusal().name());
  }

  private static String auditReason(RefusedException refused) {
    if (refused instanceof CallDeniedException denied) {
      return denied.auditReason();
    }
    if (refused instanceof NotAuthenticatedException notAuthenticated) {
      return notAuthenticated.auditReason();
    }
    if (refused instanceof GrantRefusedException grant) {
      return grant.auditReason();
    }
    return String.valueOf(refused.getMessage());
  }

  /**
   * Records the first call of its caller, service and method under one policy, and every call that
   * is made on behalf of another.
   */
  void first(Route route) throws AuditFailedException {
    relayed(route.permit(), "relay", Outcome.SUCCESS, details(route));
  }

  /** Records that a call is about to be relayed, for a rule that wants every call on record. */
  void intent(Route route) throws AuditFailedException {
    relayed(route.permit(), "intent", Outcome.SUCCESS, details(route));
  }

  /** Records how a call ended whose intent was recorded. */
  void outcome(Route route, Status status) throws AuditFailedException {
    Map<String, String> details = details(route);
    details.put("status", status.getCode().name());
    relayed(route.permit(), "outcome", status.isOk() ? Outcome.SUCCESS : Outcome.ERROR, details);
  }

  private static Map<String, String> details(Route route) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("rule", route.permit().rule());
    details.put("provider", route.provider());
    route.delegation().ifPresent(by -> details.put("obo_identity", by.subject()));
    return details;
  }

  private void relayed(Permit permit, String action, Outcome outcome, Map<String, String> details)
      throws AuditFailedException {
    record("call", permit.caller().actor(), action, permit.path().toString(), outcome, details);
  }

  private void record(
      String event,
      @Nullable String actor,
      String action,
      @Nullable String resource,
      Outcome outcome,
      Map<String, String> details)
      throws AuditFailedException {
    log.record(new AuditEvent(clock.instant(), event, actor, action, resource, outcome, details));
  }
}
