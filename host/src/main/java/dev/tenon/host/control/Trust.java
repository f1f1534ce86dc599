package dev.tenon.host.control;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.issue.RollingIssuer;
import dev.tenon.core.RuntimeId;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Everything that makes and checks credentials in one host. Hosts and plugins have separate issuing
 * keys, and each side trusts the other's alone.
 */
public record Trust(
    TokenMint mint,
    EnrolmentTokens enrolmentTokens,
    Lineages lineages,
    GrantStore grants,
    RollingIssuer hostIssuer,
    RollingIssuer pluginIssuer) {
  /** Checks for null. */
  public Trust {
    requireNonNull(mint, "mint");
    requireNonNull(enrolmentTokens, "enrolmentTokens");
    requireNonNull(lineages, "lineages");
    requireNonNull(grants, "grants");
    requireNonNull(hostIssuer, "hostIssuer");
    requireNonNull(pluginIssuer, "pluginIssuer");
  }

  /**
   * Returns the issuer for {@code role}.
   *
   * @throws IllegalArgumentException for administrators, whose authority is {@link Admins} alone
   */
  public RollingIssuer issuer(Role role) {
    return switch (role) {
      case HOST -> hostIssuer;
      case PLUGIN -> pluginIssuer;
      case ADMIN ->
          throw new IllegalArgumentException("authority for ADMIN (expected: HOST or PLUGIN)");
    };
  }

  /** Returns what plugins trust: the issuer of the host's certificates. */
  public List<X509Certificate> bundleForPlugins() {
    return hostIssuer.trustBundle();
  }

  /** Takes back every credential of {@code runtimeId}. Idempotent. */
  public void forget(RuntimeId runtimeId) {
    enrolmentTokens.withdraw(runtimeId);
    lineages.revoke(runtimeId);
    grants.endAll(runtimeId);
  }
}
