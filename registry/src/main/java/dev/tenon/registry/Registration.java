package dev.tenon.registry;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.Annotations;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Sharing;
import dev.tenon.core.Version;
import java.util.regex.Pattern;

/**
 * One run's claim to provide {@code service}. The annotations are for people to read: nothing here
 * is an address, and nothing in them is ever a decision.
 */
public record Registration(
    String id,
    RuntimeId provider,
    ServiceName service,
    Version version,
    Annotations annotations,
    Sharing sharing) {
  /** 128 random bits, so that ids cannot be guessed; they carry no authority all the same. */
  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

  /**
   * Checks the id and the service.
   *
   * @throws IllegalArgumentException if {@code id} is not 32 lower-case hex digits, or {@code
   *     service} belongs to gRPC or Tenon
   */
  public Registration {
    requireNonNull(id, "id");
    requireNonNull(provider, "provider");
    requireNonNull(service, "service");
    requireNonNull(version, "version");
    requireNonNull(annotations, "annotations");
    requireNonNull(sharing, "sharing");
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "registration id: " + id.length() + " characters (expected: 32 lower-case hex digits)");
    }
    if (service.isReserved()) {
      throw new IllegalArgumentException(
          "service: " + service + " (expected: not a service of gRPC or Tenon)");
    }
  }
}
