package dev.tenon.sdk;

import java.time.Duration;
import java.time.InstantSource;

/**
 * The times that a plugin keeps; tests bring others.
 *
 * @param clock tells when certificates and tokens expire
 * @param identityDeadline how long the host may take to answer an enrolment or a renewal, with the
 *     first connection, for which a JVM loads its TLS; less than the life of an enrolment token
 * @param discoverWait how long the plugin waits for each service that it requires
 * @param retryMissing the pause before a service that could not be registered is tried again
 * @param hostAway how long a plugin that its host did not start waits for one that is away
 */
record Settings(
    InstantSource clock,
    Duration identityDeadline,
    Duration discoverWait,
    Duration retryMissing,
    Duration hostAway) {
  /** What every plugin uses. */
  static final Settings DEFAULT =
      new Settings(
          InstantSource.system(),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(5),
          Duration.ofMinutes(10));

  /** Returns these settings with another clock. */
  Settings with(InstantSource other) {
    return new Settings(other, identityDeadline, discoverWait, retryMissing, hostAway);
  }
}
