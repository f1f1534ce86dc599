package dev.tenon.sdk;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Health;
import dev.tenon.core.Reason;

/** What the plugin's author says about its health: healthy, until told otherwise. Thread-safe. */
final class OwnHealth {
  /*
   * Reports exclude each other, and `changed` runs inside: whoever follows them ends with the last.
   */
  private Runnable changed = () -> {};
  private volatile Report last = new Report(Health.HEALTHY, new Reason(""));

  /** One report. */
  record Report(Health health, Reason reason) {}

  /** Runs {@code action}, which must return at once, now and after each report. */
  synchronized void follow(Runnable action) {
    changed = action;
    action.run();
  }

  /** Returns the last report. */
  Report last() {
    return last;
  }

  /**
   * Replaces the last report.
   *
   * @throws IllegalArgumentException if {@code reason} is not a {@link Reason}
   */
  synchronized void report(Health health, String reason) {
    last = new Report(requireNonNull(health, "health"), new Reason(reason));
    changed.run();
  }
}
