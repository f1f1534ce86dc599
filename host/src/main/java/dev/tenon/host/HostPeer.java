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
   * One, and its successor while one follows another, for each of a few machines that share them.
   */
  static final int MAX_AUTHORITIES = 8;

  /**
   * Copies the authorities.
   *
   * @throws IllegalArgumentException if there is none, or more than eight
   */
  public HostPeer {
    requireNonNull(id, "id");
    authorities = List.copyOf(authorities);
    if (authorities.isEmpty() || authorities.size() > MAX_AUTHORITIES) {
      throw new IllegalArgumentException(
          id + ": " + authorities.size() + " authorities (expected: 1 to " + MAX_AUTHORITIES + ")");
    }
  }

  /**
   * Reads the authorities of the host {@code id} from a PEM file.
   *
   * @throws ConfigException if it cannot be read, holds anything else or more than eight, or others
   *     may write it
   */
  public static HostPeer load(SpiffeId.OfHost id, Path authorities) throws ConfigException {
    return new HostPeer(id, AuthorityFiles.roots(authorities)); // which takes no more either
  }
}
