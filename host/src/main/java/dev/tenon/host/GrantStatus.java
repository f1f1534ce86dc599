package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Permission;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import java.time.Instant;
import java.util.Set;

/**
 * A grant of a service of the host to a run of a plugin, at one moment. Immutable; holds no secret.
 *
 * @param id names the grant; 32 hex digits
 * @param holder the run that asked for it
 * @param service what it is good for
 * @param permissions what it allows within the service
 * @param expires when it ends unless it is refreshed
 */
public record GrantStatus(
    String id,
    RuntimeId holder,
    ServiceName service,
    Set<Permission> permissions,
    Instant expires) {
  /** Copies the set. */
  public GrantStatus {
    requireNonNull(id, "id");
    requireNonNull(holder, "holder");
    requireNonNull(service, "service");
    permissions = Set.copyOf(permissions);
    requireNonNull(expires, "expires");
  }
}
