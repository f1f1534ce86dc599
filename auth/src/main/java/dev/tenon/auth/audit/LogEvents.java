package dev.tenon.auth.audit;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tenon.auth.audit.AuditEvent.Outcome;
import java.time.Instant;
import java.util.Map;

/** What the log records about itself. */
final class LogEvents {
  private static final String EVENT = "audit";
  private static final String CONTINUE = "continue";

  private LogEvents() {}

  /**
   * The log goes on in a new segment, because the one before could not be written: that one may end
   * in what was never acknowledged.
   */
  static AuditEvent continued(Instant when, String segment, String reason) {
    return new AuditEvent(
        when, EVENT, null, CONTINUE, segment, Outcome.ERROR, Map.of("reason", reason));
  }

  /** What a crash left of a record that nobody was told of was cut off. */
  static AuditEvent repaired(Instant when, String segment, long offset, long bytes) {
    return new AuditEvent(
        when,
        EVENT,
        null,
        "repair",
        segment,
        Outcome.SUCCESS,
        Map.of("offset", String.valueOf(offset), "bytes", String.valueOf(bytes)));
  }

  /** Returns whether {@code line} is a {@link #continued}. */
  static boolean isContinuation(JsonObject line) {
    return isText(line.get("event"), EVENT) && isText(line.get("action"), CONTINUE);
  }

  private static boolean isText(JsonElement value, String text) {
    return value != null && value.isJsonPrimitive() && value.getAsString().equals(text);
  }
}
