package dev.tenon.core;

import static java.util.Objects.requireNonNull;

/**
 * A service that a plugin calls, in which versions, and whether the plugin can start without it.
 */
public record Requirement(ServiceName service, VersionRange versions, Need need) {
  /** Whether a plugin can start without a service. */
  public enum Need {
    /** The plugin starts after a provider of the service. */
    REQUIRED,
    /** The plugin starts whether or not a provider is there. */
    OPTIONAL
  }

  /** Checks for null. */
  public Requirement {
    requireNonNull(service, "service");
    requireNonNull(versions, "versions");
    requireNonNull(need, "need");
  }

  @Override
  public String toString() {
    return service + (versions.equals(VersionRange.ANY) ? "" : " " + versions);
  }
}
