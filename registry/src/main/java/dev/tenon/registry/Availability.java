package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Whether a service can be called at one moment.
 *
 * @param provider whom {@link ServiceRegistry#discover} finds then; empty if unavailable
 */
public record Availability(State state, Optional<Discovery> provider) {
  /** No provider in the asked range can take calls. */
  public static final Availability NONE = new Availability(State.UNAVAILABLE, Optional.empty());

  /** How well. */
  public enum State {
    /** A provider is healthy. */
    AVAILABLE,
    /** Providers can take calls, and none of them is healthy. */
    DEGRADED,
    /** No provider can take calls. */
    UNAVAILABLE
  }

  /**
   * Checks that there is a provider unless the service is unavailable.
   *
   * @throws IllegalArgumentException if not
   */
  public Availability {
    requireNonNull(state, "state");
    if (provider.isPresent() == (state == State.UNAVAILABLE)) {
      throw new IllegalArgumentException(
          "provider of a service that is "
              + state
              + ": "
              + provider
              + " (expected: one, unless unavailable)");
    }
  }
}
