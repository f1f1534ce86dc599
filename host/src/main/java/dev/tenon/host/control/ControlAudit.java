package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The audit log as the control services write it: before the answer, and before the effect. */
public final class ControlAudit {
  private final AuditLog log;
  private final InstantSource clock;

  /** Makes an audit that stamps events with {@code clock}. */
  public ControlAudit(AuditLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  /**
   * Records what is about to take effect.
   *
   * @throws AuditFailedException if it could not be written: then it must not take effect
   */
  public void success(
      String event,
      String actor,
      String action,
      @Nullable String resource,
      Map<String, String> details)
      throws AuditFailedException {
    log.record(
        new AuditEvent(
            clock.instant(), event, actor, action, resource, AuditEvent.Outcome.SUCCESS, details));
  }

  /**
   * Records a refusal.
   *
   * @throws AuditFailedException if it could not be written: the caller is refused with INTERNAL
   */
  public void denied(
      String event, @Nullable String actor, String action, @Nullable String resource, String reason)
      throws AuditFailedException {
    log.record(
        new AuditEvent(
            clock.instant(),
            event,
            actor,
            action,
            resource,
            AuditEvent.Outcome.DENIED,
            Map.of("reason", reason)));
  }
}
