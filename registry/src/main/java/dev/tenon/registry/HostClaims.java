package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Health;
import dev.tenon.core.RegistryLimits;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that one other host says its plugins provide. Immutable.
 *
 * @param claims in the order of registration there
 * @param health the last report of each provider; one without takes no calls
 */
public record HostClaims(OtherHost host, List<Registration> claims, Map<RuntimeId, Health> health) {
  /**
   * Copies and checks the claims.
   *
   * @throws IllegalArgumentException if there are more than {@link RegistryLimits#MAX_IN_TOTAL},
   *     two have one id, or two of one provider are for one service
   */
  public HostClaims {
    requireNonNull(host, "host");
    claims = List.copyOf(claims);
    health = Map.copyOf(health);
    if (claims.size() > RegistryLimits.MAX_IN_TOTAL) {
      throw new IllegalArgumentException(
          "claims: " + claims.size() + " (expected: at most " + RegistryLimits.MAX_IN_TOTAL + ")");
    }
    Set<String> ids = new HashSet<>();
    Set<Provided> provided = new HashSet<>();
    for (Registration claim : claims) {
      if (!ids.add(claim.id()) || !provided.add(new Provided(claim.provider(), claim.service()))) {
        throw new IllegalArgumentException(
            "claim of " + claim.provider() + ": given twice (expected: once)");
      }
    }
  }

  private record Provided(RuntimeId provider, ServiceName service) {}

  /** Returns what is said of a host whose plugins provide nothing any more. */
  public static HostClaims none(OtherHost host) {
    return new HostClaims(host, List.of(), Map.of());
  }
}
