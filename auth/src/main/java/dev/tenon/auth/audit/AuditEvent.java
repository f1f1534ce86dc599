package dev.tenon.auth.audit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the audit trail: who did what to what, and how it ended. Immutable and thread-safe.
 *
 * <p>An event is never refused for what a peer put into it: texts longer than {@link
 * #MAX_TEXT_CHARS} are cut and end in {@value #CUT}, and of more than {@link #MAX_DETAILS} details
 * the first ones stay. An unknown actor or resource is null, not a word that stands for it.
 *
 * @param duration how long it took, where that is known; a record has it in whole milliseconds
 * @param oboIdentity on whose behalf the actor acted, where it acted for somebody
 */
public record AuditEvent(
    Instant timestamp,
    String event,
    @Nullable String actor,
    String action,
    @Nullable String resource,
    Outcome outcome,
    Map<String, String> details,
    @Nullable Duration duration,
    @Nullable String oboIdentity) {
  /** Longest text of any field, in UTF-16 units, the mark of the cut included. */
  public static final int MAX_TEXT_CHARS = 1024;

  /** Most details. */
  public static final int MAX_DETAILS = 32;

  /** What a text that was cut ends in. */
  public static final String CUT = "...[cut]";

  /** How it ended. */
  public enum Outcome {
    /** It was done. */
    SUCCESS,
    /** It was refused. */
    DENIED,
    /** It failed. */
    ERROR,
    /** It was done, without the parts that the actor may not see. */
    FILTERED
  }

  /**
   * Checks for null, and cuts what is too long.
   *
   * @throws IllegalArgumentException if {@code event} or {@code action} is empty, or the duration
   *     is negative
   */
  public AuditEvent {
    requireNonNull(timestamp, "timestamp");
    event = named("event", event);
    actor = actor == null ? null : bounded(actor);
    action = named("action", action);
    resource = resource == null ? null : bounded(resource);
    requireNonNull(outcome, "outcome");
    details = boundedDetails(details);
    if (duration != null && duration.isNegative()) {
      throw new IllegalArgumentException("duration: " + duration + " (expected: >= 0)");
    }
    oboIdentity = oboIdentity == null ? null : bounded(oboIdentity);
  }

  /** Makes an event that took no time worth telling, of an actor that acted for itself. */
  public AuditEvent(
      Instant timestamp,
      String event,
      @Nullable String actor,
      String action,
      @Nullable String resource,
      Outcome outcome,
      Map<String, String> details) {
    this(
        timestamp,
        event,
        actor,
        action,
        resource,
        outcome,
        details,
        /* duration= */ null,
        /* oboIdentity= */ null);
  }

  /** Returns the event with how long it took. */
  public AuditEvent lasting(Duration time) {
    return new AuditEvent(
        timestamp, event, actor, action, resource, outcome, details, time, oboIdentity);
  }

  /** Returns the event with on whose behalf the actor acted. */
  public AuditEvent onBehalfOf(String identity) {
    return new AuditEvent(
        timestamp, event, actor, action, resource, outcome, details, duration, identity);
  }

  /** Returns the event with other details, at another time. */
  AuditEvent retold(Instant when, Map<String, String> others) {
    return new AuditEvent(
        when, event, actor, action, resource, outcome, others, duration, oboIdentity);
  }

  private static String named(String field, String value) {
    if (requireNonNull(value, field).isEmpty()) {
      throw new IllegalArgumentException(field + ": \"\" (expected: a name)");
    }
    return bounded(value);
  }

  private static Map<String, String> boundedDetails(Map<String, String> details) {
    Map<String, String> bounded = new LinkedHashMap<>();
    for (Map.Entry<String, String> detail : details.entrySet()) {
      if (bounded.size() == MAX_DETAILS) {
        break;
      }
      bounded.put(bounded(detail.getKey()), bounded(requireNonNull(detail.getValue(), "detail")));
    }
    return Collections.unmodifiableMap(bounded);
  }

  private static String bounded(String text) {
    if (text.length() <= MAX_TEXT_CHARS) {
      return text;
    }
    int end = MAX_TEXT_CHARS - CUT.length();
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + CUT;
  }
}
