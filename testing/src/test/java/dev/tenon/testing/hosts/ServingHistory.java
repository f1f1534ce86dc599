package dev.tenon.testing.hosts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * When each of several hosts would have served an exclusive service, by the answers that it gave,
 * and whether two ever did at the same time.
 *
 * <p>An answer lies somewhere between its question and its end. Answers of one host that follow
 * closely, all of them yes, are one interval; what is sure of it reaches from the end of the first
 * one to the question of the last. So what is found to overlap did.
 */
final class ServingHistory {
  /** Between answers further apart nothing is said about the host. */
  private static final long CLOSE_NANOS = Duration.ofMillis(20).toNanos();

  private final List<Interval> intervals = new ArrayList<>();

  /** What is sure: {@code host} would have served from {@code begin} to {@code end}. */
  record Interval(String host, long begin, long end) {
    boolean overlaps(Interval later) {
      return !host.equals(later.host) && later.begin < end;
    }
  }

  /** The answers of one host, given in order by one thread. */
  final class Answers {
    private final String host;
    private long first;
    private long asked;
    private long last;
    private boolean serves;

    private Answers(String host) {
      this.host = host;
    }

    /** Takes in an answer to a question of {@code question}, which came at {@code answer}. */
    void add(boolean yes, long question, long answer) {
      boolean follows = serves && question - last <= CLOSE_NANOS;
      if (serves && !(yes && follows)) {
        end();
      }
      if (yes) {
        if (!serves) {
          first = answer;
        }
        asked = question;
        last = answer;
        serves = true;
      }
    }

    /** Ends the interval there is. */
    void end() {
      if (serves && asked > first) {
        synchronized (intervals) {
          intervals.add(new Interval(host, first, asked));
        }
      }
      serves = false;
    }
  }

  Answers of(String host) {
    return new Answers(host);
  }

  /** Returns all intervals by their begin. */
  List<Interval> intervals() {
    synchronized (intervals) {
      return intervals.stream().sorted(Comparator.comparingLong(Interval::begin)).toList();
    }
  }

  /** Returns the first two intervals of two hosts that overlap. */
  Optional<List<Interval>> overlap() {
    Interval longest = null;
    for (Interval next : intervals()) {
      if (longest != null && longest.overlaps(next)) {
        return Optional.of(List.of(longest, next));
      }
      if (longest == null || next.end() > longest.end()) {
        longest = next;
      }
    }
    return Optional.empty();
  }

  /** Returns how often the service went from one host to another. */
  int handovers() {
    int count = 0;
    String owner = null;
    for (Interval next : intervals()) {
      if (owner != null && !owner.equals(next.host())) {
        count++;
      }
      owner = next.host();
    }
    return count;
  }
}
