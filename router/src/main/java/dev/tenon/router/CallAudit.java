package dev.tenon.router;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.auth.grant.GrantRefusedException;
import dev.tenon.auth.grant.LiveGrant;
import dev.tenon.auth.policy.CallDeniedException;
import dev.tenon.auth.policy.Permit;
import dev.tenon.core.RefusedException;
import io.grpc.Status;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
    note("authentication", actor, "verify", /* resource= */ null, Outcome.DENIED, reason(refused));
  }

  /** Records that a call was refused. {@code resource} is null where the path has no legal form. */
  void refused(String actor, @Nullable String resource, RefusedException refused)
      throws AuditFailedException {
    note("call", actor, "refuse", resource, outcome(refused), reason(refused));
  }

  /** Records that a call that was relayed is ended, because a new policy denies it. */
  void ended(CallDeniedException denied, Permit permit) throws AuditFailedException {
    log.note(relayed(permit, "end", outcome(denied), reason(denied)));
  }

  private static Outcome outcome(RefusedException refused) {
    return refused instanceof CallDeniedException denied && denied.isFault()
        ? Outcome.ERROR
        : Outcome.DENIED;
  }

  /** Hands in a refusal; this runs on event loops, and waits for nothing. */
  private void note(
      String event,
      @Nullable String actor,
      String action,
      @Nullable String resource,
      Outcome outcome,
      Map<String, String> details)
      throws AuditFailedException {
    log.note(new AuditEvent(clock.instant(), event, actor, action, resource, outcome, details));
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
  CompletableFuture<Void> first(Route route) {
    return log.commit(routed(route, "relay", Outcome.SUCCESS, details(route)));
  }

  /** Records that a call is about to be relayed, for a rule that wants every call on record. */
  CompletableFuture<Void> intent(Route route) {
    return log.commit(routed(route, "intent", Outcome.SUCCESS, details(route)));
  }

  /**
   * Records how a call ended whose intent was recorded, and how long it took. Throws nothing: the
   * call ends all the same.
   */
  CompletableFuture<Void> outcome(Route route, Status status, Duration took) {
    Map<String, String> details = details(route);
    details.put("status", status.getCode().name());
    Outcome outcome = status.isOk() ? Outcome.SUCCESS : Outcome.ERROR;
    try {
      return log.commit(routed(route, "outcome", outcome, details).lasting(took));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Records that the provider of a call gets the right to call back while it serves it. */
  CompletableFuture<Void> callback(Route route, LiveGrant grant) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("grant", grant.id());
    details.put("holder", grant.holder().value());
    details.put("expires", grant.expires().toString());
    details.put("reason", "callback of " + route.permit().path());
    return log.commit(
        new AuditEvent(
            clock.instant(),
            "grant",
            route.permit().caller().actor(),
            "issue",
            grant.service().value(),
            Outcome.SUCCESS,
            details));
  }

  /** Records how many calls there were after the first, since the last summary. */
  CompletableFuture<Void> summary(Permit permit, long calls) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("rule", permit.rule());
    details.put("calls", String.valueOf(calls));
    return log.commit(relayed(permit, "summary", Outcome.SUCCESS, details));
  }

  private static Map<String, String> details(Route route) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("rule", route.permit().rule());
    details.put("provider", route.provider());
    return details;
  }

  private AuditEvent routed(
      Route route, String action, Outcome outcome, Map<String, String> details) {
    AuditEvent event = relayed(route.permit(), action, outcome, details);
    return route.delegation().map(by -> event.onBehalfOf(by.subject())).orElse(event);
  }

  private AuditEvent relayed(
      Permit permit, String action, Outcome outcome, Map<String, String> details) {
    return new AuditEvent(
        clock.instant(),
        "call",
        permit.caller().actor(),
        action,
        permit.path().toString(),
        outcome,
        details);
  }
}
