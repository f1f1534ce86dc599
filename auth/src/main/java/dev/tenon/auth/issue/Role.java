package dev.tenon.auth.issue;

import dev.tenon.core.SpiffeId;

/**
 * Whom an issuer issues for. Hosts and plugins have issuers of their own: each trusts the other's.
 * Administrators have one that the host makes in memory, and nobody brings or replaces.
 */
public enum Role {
  /** Hosts. */
  HOST("host.tenon.internal"),
  /** Plugins. */
  PLUGIN("plugin.tenon.internal"),
  /** Administrators of one host. */
  ADMIN("admin.tenon.internal");

  private final String dnsName;

  Role(String dnsName) {
    this.dnsName = dnsName;
  }

  /** Returns the role that {@code id} is an identity of. */
  public static Role of(SpiffeId id) {
    if (id instanceof SpiffeId.OfHost) {
      return HOST;
    }
    return id instanceof SpiffeId.OfPlugin ? PLUGIN : ADMIN;
  }

  /**
   * Returns the fixed DNS name in every certificate of the role, so that gRPC stacks that check
   * names can connect; it identifies nobody.
   */
  public String dnsName() {
    return dnsName;
  }
}
