package dev.tenon.auth.limit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/** What a limiter says. */
public sealed interface Verdict {
  /** Go on; it is counted. */
  Verdict ALLOWED = new Allowed();

  /** Returns the refusal that is worth another attempt after {@code wait}. */
  static Verdict retryAfter(Duration wait) {
    return new Refused(Optional.of(wait));
  }

  /** Go on; it is counted. Use {@link #ALLOWED}. */
  record Allowed() implements Verdict {}

  /**
   * Not now; it is not counted.
   *
   * @param retryAfter when to ask again at the earliest; empty if waiting is of no use
   */
  record Refused(Optional<Duration> retryAfter) implements Verdict {
    /** No time makes it better. */
    static final Refused FOR_GOOD = new Refused(Optional.empty());

    /** Checks for null. */
    public Refused {
      requireNonNull(retryAfter, "retryAfter");
    }
  }
}
