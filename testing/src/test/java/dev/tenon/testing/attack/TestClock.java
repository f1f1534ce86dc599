package dev.tenon.testing.attack;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The system's clock, which a test can put forward. Thread-safe. */
final class TestClock implements InstantSource {
  private volatile Duration ahead = Duration.ZERO;

  @Override
  public Instant instant() {
    return Instant.now().plus(ahead);
  }

  synchronized void advance(Duration time) {
    ahead = ahead.plus(time);
  }
}
