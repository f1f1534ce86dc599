package dev.tenon.transport;

import static java.util.Objects.requireNonNull;

import dev.tenon.core.SpiffeId;

/**
 * Which verified SPIFFE IDs a side of a connection talks to. Asked by the trust check in every
 * handshake and again when the connection is admitted; must be thread-safe and must not block.
 */
@FunctionalInterface
public interface PeerRule {
  /** Returns whether the bearer of {@code id}, whose certificate chain is verified, may connect. */
  boolean accepts(SpiffeId id);

  /** Returns the rule that accepts {@code id} alone. */
  static PeerRule exactly(SpiffeId id) {
    requireNonNull(id, "id");
    return id::equals;
  }

  /** Returns the rule that accepts every plugin of {@code host}, and not the host itself. */
  static PeerRule pluginsOf(SpiffeId.OfHost host) {
    requireNonNull(host, "host");
    return id -> id instanceof SpiffeId.OfPlugin plugin && plugin.host().equals(host);
  }

  /** Returns the rule that accepts every administrator of {@code host}, and nobody else. */
  static PeerRule adminsOf(SpiffeId.OfHost host) {
    requireNonNull(host, "host");
    return id -> id instanceof SpiffeId.OfAdmin admin && admin.host().equals(host);
  }

  /** Returns the rule that accepts whom this one or {@code other} accepts. */
  default PeerRule or(PeerRule other) {
    return id -> accepts(id) || other.accepts(id);
  }
}
