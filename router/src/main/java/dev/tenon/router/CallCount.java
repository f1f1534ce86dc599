package dev.tenon.router;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.ServiceName;

/**
 * How often a caller was relayed to a provider of a service, and how often that ended in another
 * status than OK. Names are plugin names or {@code host}.
 */
public record CallCount(
    String caller, String provider, ServiceName service, long calls, long failed) {
  /** Checks for null. */
  public CallCount {
    requireNonNull(caller, "caller");
    requireNonNull(provider, "provider");
    requireNonNull(service, "service");
  }
}
