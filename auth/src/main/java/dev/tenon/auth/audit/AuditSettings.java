package dev.tenon.auth.audit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * How an audit log is written.
 *
 * @param segmentBytes size from which a segment is sealed and the next one begun
 * @param refusals how long refusals that are alike are counted before the count is written
 * @param patience how long a caller waits at most, for room in the queue and for the commit
 * @param sinks what else is told
 * @param clock stamps what the log records about itself
 */
public record AuditSettings(
    long segmentBytes,
    Duration refusals,
    Duration patience,
    List<AuditSink> sinks,
    InstantSource clock) {
  /** Smallest segment. */
  public static final long MIN_SEGMENT_BYTES = 1024;

  /** Segments of 16 MiB, counts every 10 s, 30 s of patience, no sinks. */
  public static final AuditSettings DEFAULT =
      new AuditSettings(
          16L << 20,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          List.of(),
          InstantSource.system());

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if a segment is too small or a time is not positive
   */
  public AuditSettings {
    if (segmentBytes < MIN_SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "segmentBytes: " + segmentBytes + " (expected: >= " + MIN_SEGMENT_BYTES + ")");
    }
    positive("refusals", refusals);
    positive("patience", patience);
    sinks = List.copyOf(sinks);
    requireNonNull(clock, "clock");
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
    }
  }

  /** Returns these with other segments. */
  public AuditSettings segments(long bytes) {
    return new AuditSettings(bytes, refusals, patience, sinks, clock);
  }

  /** Returns these with another interval of counting. */
  public AuditSettings counting(Duration interval) {
    return new AuditSettings(segmentBytes, interval, patience, sinks, clock);
  }

  /** Returns these with other patience. */
  public AuditSettings waiting(Duration most) {
    return new AuditSettings(segmentBytes, refusals, most, sinks, clock);
  }

  /** Returns these with one sink more. */
  public AuditSettings with(AuditSink sink) {
    List<AuditSink> more = new ArrayList<>(sinks);
    more.add(requireNonNull(sink, "sink"));
    return new AuditSettings(segmentBytes, refusals, patience, more, clock);
  }

  /** Returns these with another clock. */
  public AuditSettings at(InstantSource time) {
    return new AuditSettings(segmentBytes, refusals, patience, sinks, time);
  }
}
