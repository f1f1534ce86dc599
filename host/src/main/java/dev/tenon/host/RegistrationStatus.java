package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Annotations;
import dev.tenon.core.Health;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import java.util.Optional;

/**
 * One service that one run of a plugin provides, at one moment.
 *
 * @param id names the registration; no secret, and without authority
 * @param annotations what the plugin says about it, for people to read
 * @param health what the plugin last said of itself; empty before its first report
 */
public record RegistrationStatus(
    String id,
    RuntimeId provider,
    ServiceName service,
    Version version,
    Annotations annotations,
    Optional<Health> health) {
  /** Checks for null. */
  public RegistrationStatus {
    requireNonNull(id, "id");
    requireNonNull(provider, "provider");
    requireNonNull(service, "service");
    requireNonNull(version, "version");
    requireNonNull(annotations, "annotations");
    requireNonNull(health, "health");
  }
}
