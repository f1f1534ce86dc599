package dev.tenon.auth.policy;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Sharing;

/** What the policy says about a service that a plugin may provide. */
public record ProvideRight(Sharing sharing) {
  /** Checks for null. */
  public ProvideRight {
    requireNonNull(sharing, "sharing");
  }
}
