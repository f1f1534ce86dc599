package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.core.SpiffeId;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Another host of the same trust domain that may relay calls here, and to which calls may be
 * relayed. Immutable.
 *
 * @param authorities the roots that its certificate, and no other host's, must lead to: those of
 *     its own host authority. Whoever holds a key of one of them can pose as this host
 */
public record HostPeer(SpiffeId.OfHost id, List<X509Certificate> authorities) {
  /**
   * Copies the authorities.
   *
   * @throws IllegalArgumentException if there is none
   */
  public HostPeer {
    requireNonNull(id, "id");
    authorities = List.copyOf(authorities);
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException(id + ": no authorities (expected: at least one)");
    }
  }

  /**
   * Reads the authorities of the host {@code id} from a PEM file.
   *
   * @throws ConfigException if it cannot be read or holds anything else
   */
  public static HostPeer load(SpiffeId.OfHost id, Path authorities) throws ConfigException {
    return new HostPeer(id, AuthorityFiles.roots(authorities));
  }
}
