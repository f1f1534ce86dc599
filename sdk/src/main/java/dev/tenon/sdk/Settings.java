package dev.tenon.sdk;

import dev.tenon.core.DefaultDeadline;
import java.time.Duration;
import java.time.InstantSource;

/** The times that a plugin keeps; tests bring shorter ones. */
record Settings(
    InstantSource clock, Duration discoverWait, Duration clientDeadline, Duration retryMissing) {
  /** What every plugin uses. */
  static final Settings DEFAULT =
      new Settings(
          InstantSource.system(),
          Duration.ofSeconds(10),
          DefaultDeadline.DEFAULT,
          Duration.ofSeconds(5));

  /** How long a plugin waits for the answer to its enrolment or renewal. */
  static final Duration IDENTITY_DEADLINE = Duration.ofSeconds(5);
}
