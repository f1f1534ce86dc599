package dev.tenon.host;

import dev.tenon.auth.CheckedIssuer;
import dev.tenon.auth.EmbeddedAuthority;
import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.auth.Issuer;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.Role;
import dev.tenon.auth.TokenMint;
import dev.tenon.host.control.Trust;

/** How a host's trust is set up. */
final class HostTrust {
  private HostTrust() {}

  /**
   * Sets up the trust of one host, whose secrets {@code mint} makes.
   *
   * @throws HostStartException if no authority can be made, for one because the random source fails
   */
  static Trust create(HostSettings settings, TokenMint mint) throws HostStartException {
    HostSettings.Sources sources = settings.sources();
    return new Trust(
        mint,
        new EnrolmentTokens(mint, sources.clock(), EnrolmentTokens.DEFAULT_LIFE),
        new Lineages(mint, sources.clock(), Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE),
        authority(settings, Role.HOST),
        authority(settings, Role.PLUGIN));
  }

  private static Issuer authority(HostSettings settings, Role role) throws HostStartException {
    HostSettings.Sources sources = settings.sources();
    try {
      return new CheckedIssuer(
          EmbeddedAuthority.create(settings.trustDomain(), role, sources.clock(), sources.random()),
          sources.clock());
    } catch (IllegalStateException e) {
      throw new HostStartException(
          HostStartException.Kind.SYSTEM,
          "host: " + e.getMessage() + " (expected: a random source that works)",
          e);
    }
  }
}
