package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.policy.Authorizer;
import dev.tenon.auth.policy.Policy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A policy file that the host follows. Immutable.
 *
 * <p>At the start a missing file is a policy that allows nothing. Later a change takes effect once
 * the host has read the same text twice, an interval apart, and it is a policy as a whole; until
 * then, and while the file is missing, empty or wrong, the last good one stays in force. Replace
 * the file by renaming another one to it: then no half of it is ever there to be read.
 *
 * @param interval how often the file is read
 * @param authorizer what narrows each policy that the file brings
 */
public record PolicySource(Path file, Duration interval, Optional<Authorizer> authorizer) {
  private static final Duration INTERVAL = Duration.ofSeconds(2);

  /**
   * Checks the interval.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public PolicySource {
    requireNonNull(file, "file");
    requireNonNull(authorizer, "authorizer");
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval: " + interval + " (expected: > 0)");
    }
  }

  /** Returns {@code file}, read every 2 s. */
  public static PolicySource file(Path file) {
    return new PolicySource(file, INTERVAL, Optional.empty());
  }

  /** Returns this file, read once an {@code interval}. */
  public PolicySource every(Duration interval) {
    return new PolicySource(file, interval, authorizer);
  }

  /** Returns this file, whose policies {@code authorizer} narrows. */
  public PolicySource narrowedBy(Authorizer authorizer) {
    return new PolicySource(file, interval, Optional.of(authorizer));
  }

  /** Returns {@code policy} as it is to be in force. */
  Policy narrowed(Policy policy) {
    return authorizer.map(policy::narrowedBy).orElse(policy);
  }
}
