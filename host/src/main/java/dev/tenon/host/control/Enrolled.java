package dev.tenon.host.control;

import dev.tenon.core.Requirement;
import dev.tenon.core.ServiceName;
import dev.tenon.core.Version;
import java.util.Set;

/**
 * What a plugin declared when it enrolled: it may register {@code provides} and no more.
 *
 * @param maxMessageBytes the longest message of its calls, as agreed on with the host
 */
public record Enrolled(
    Version version, Set<ServiceName> provides, Set<Requirement> requires, int maxMessageBytes) {
  /** Copies the sets. */
  public Enrolled {
    provides = Set.copyOf(provides);
    requires = Set.copyOf(requires);
  }
}
