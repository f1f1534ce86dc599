package dev.tenon.sdk;

import java.time.Duration;
import java.time.InstantSource;

/**
 * Times for tests: as in life, or short where a test waits for them; never too short for a slow
 * machine.
 */
final class TestSettings {
  static final Settings PATIENT =
      new Settings(
          InstantSource.system(),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofMinutes(10));

  static final Settings QUICK =
      new Settings(
          InstantSource.system(),
          Duration.ofSeconds(30),
          Duration.ofMillis(200),
          Duration.ofMillis(20),
          Duration.ofMinutes(10));

  private TestSettings() {}
}
