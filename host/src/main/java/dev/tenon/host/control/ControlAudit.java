package dev.tenon.host.control;

import dev.tenon.auth.audit.AuditEvent;
import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.auth.audit.AuditLog;
import dev.tenon.core.PluginName;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The audit log as the control services write it: before the answer, and before the effect. */
public final class ControlAudit {
  /** The reason of what a program did through the host's own interface and gave none for. */
  public static final String ASKED = "asked for by the host's program";

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
   * Hands in a refusal, and waits for nothing.
   *
   * @throws AuditFailedException if the log takes no records: the caller is refused with INTERNAL
   */
  public void denied(
      String event, @Nullable String actor, String action, @Nullable String resource, String reason)
      throws AuditFailedException {
    log.note(
        new AuditEvent(
            clock.instant(),
            event,
            actor,
            action,
            resource,
            AuditEvent.Outcome.DENIED,
            Map.of("reason", reason)));
  }

  /**
   * Records a listing, and what was left out of it: all in one record, which is filtered if
   * anything was. Names that have no room in it are counted.
   *
   * @throws AuditFailedException if it could not be written: then nothing is listed
   */
  public void listed(String actor, int shown, List<String> leftOut) throws AuditFailedException {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("shown", String.valueOf(shown));
    details.put("filtered_count", String.valueOf(leftOut.size()));
    if (!leftOut.isEmpty()) {
      details.put("reason", "no rule");
    }
    StringBuilder names = new StringBuilder();
    int parts = 0;
    for (String name : leftOut) {
      if (names.length() + 1 + name.length() > AuditEvent.MAX_TEXT_CHARS) {
        details.put("filtered_" + parts++, names.toString());
        names.setLength(0);
      }
      names.append(names.isEmpty() ? "" : " ").append(name);
    }
    if (!names.isEmpty()) {
      details.put(parts == 0 ? "filtered" : "filtered_" + parts, names.toString());
    }
    log.record(
        new AuditEvent(
            clock.instant(),
            "discovery",
            actor,
            "list",
            /* resource= */ null,
            leftOut.isEmpty() ? AuditEvent.Outcome.SUCCESS : AuditEvent.Outcome.FILTERED,
            details));
  }

  /**
   * Records that something of the host's own did not succeed.
   *
   * @throws AuditFailedException if it could not be written
   */
  public void failed(String event, String action, @Nullable String resource, String reason)
      throws AuditFailedException {
    log.record(
        new AuditEvent(
            clock.instant(),
            event,
            PluginName.HOST,
            action,
            resource,
            AuditEvent.Outcome.ERROR,
            Map.of("reason", reason)));
  }
}
