package dev.tenon.auth.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts refusals that are alike, so that a storm of them is one record an interval with its exact
 * count. Thread-safe.
 *
 * <p>Refusals are alike that differ in time alone. What is remembered is bounded: when there are
 * too many kinds, further ones are counted together by event, action and outcome.
 */
final class RefusalCounts {
  /** How many that are alike are written as they are, in each interval. */
  static final int SINGLES = 64;

  /** Most kinds that are told apart in an interval. */
  static final int MAX_KINDS = 4096;

  /*
   * `kinds` and `open` are guarded by `this`, which is held for a look into a map and no longer.
   */
  private final Map<AuditEvent, Count> kinds = new LinkedHashMap<>();
  private final long intervalNanos;
  private boolean open;
  private long begun;

  RefusalCounts(long intervalNanos) {
    this.intervalNanos = intervalNanos;
  }

  /**
   * Returns whether {@code event} is one of the first of its kind, which the caller writes;
   * otherwise it was counted.
   */
  synchronized boolean isSingle(AuditEvent event, long nowNanos) {
    openAt(nowNanos);
    Count count = kind(event);
    if (count.singles < SINGLES && count.counted == 0) {
      count.singles++;
      return true;
    }
    count.add(1, event.timestamp(), event.timestamp());
    return false;
  }

  /** Counts {@code event}, which could not be written by itself. */
  synchronized void count(AuditEvent event, long nowNanos) {
    openAt(nowNanos);
    kind(event).add(1, event.timestamp(), event.timestamp());
  }

  private void openAt(long nowNanos) {
    if (!open) {
      open = true;
      begun = nowNanos;
    }
  }

  private Count kind(AuditEvent event) {
    AuditEvent kind = event.retold(Instant.EPOCH, event.details());
    Count known = kinds.get(kind);
    if (known != null) {
      return known;
    }
    return kinds.computeIfAbsent(
        kinds.size() < MAX_KINDS ? kind : various(event), made -> new Count());
  }

  private static AuditEvent various(AuditEvent event) {
    return new AuditEvent(
        Instant.EPOCH,
        event.event(),
        null,
        event.action(),
        null,
        event.outcome(),
        Map.of("reason", "various"));
  }

  /** Returns the time until {@link #take} is due; a very long one if nothing was refused. */
  synchronized long nanosUntilDue(long nowNanos) {
    return open ? Math.max(0, begun + intervalNanos - nowNanos) : Long.MAX_VALUE;
  }

  /** Ends the interval, and returns what was counted in it as events. */
  synchronized List<Counted> take() {
    List<Counted> taken = new ArrayList<>();
    kinds.forEach(
        (kind, count) -> {
          if (count.counted > 0) {
            taken.add(new Counted(kind, count.counted, count.first, count.last));
          }
        });
    kinds.clear();
    open = false;
    return taken;
  }

  /** Counts again what was taken and could not be written. */
  synchronized void putBack(Counted counted, long nowNanos) {
    openAt(nowNanos);
    kind(counted.kind()).add(counted.count(), counted.first(), counted.last());
  }

  /** How many of a kind there were, and when. */
  record Counted(AuditEvent kind, long count, Instant first, Instant last) {
    /** Returns the event that tells of all of them, at the time of the last. */
    AuditEvent event() {
      Map<String, String> details = new LinkedHashMap<>();
      details.put("count", String.valueOf(count));
      details.put("since", first.toString());
      details.putAll(kind.details());
      return kind.retold(last, details);
    }
  }

  private static final class Count {
    private int singles;
    private long counted;
    private Instant first = Instant.MAX;
    private Instant last = Instant.MIN;

    void add(long more, Instant from, Instant to) {
      counted += more;
      first = from.isBefore(first) ? from : first;
      last = to.isAfter(last) ? to : last;
    }
  }
}
