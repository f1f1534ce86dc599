package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.CheckedIssuer;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.control.Trust;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How a host's trust is set up. */
final class HostTrust {
  private HostTrust() {}

  /**
   * Reads the authorities that have {@code files}.
   *
   * @throws ConfigException if a file is not what it should be, or both have one key: a plugin
   *     could then pass for the host
   */
  static Map<Role, EmbeddedAuthority> load(
      Map<Role, AuthorityFiles> files, TrustDomain trustDomain, HostSettings.Sources sources)
      throws ConfigException {
    Map<Role, EmbeddedAuthority> loaded = new EnumMap<>(Role.class);
    for (Map.Entry<Role, AuthorityFiles> of : files.entrySet()) {
      loaded.put(
          of.getKey(),
          EmbeddedAuthority.load(
              trustDomain, of.getKey(), of.getValue(), sources.clock(), sources.random()));
    }
    EmbeddedAuthority host = loaded.get(Role.HOST);
    EmbeddedAuthority plugin = loaded.get(Role.PLUGIN);
    if (host != null && plugin != null && host.hasKeyOf(plugin)) {
      throw new ConfigException(
          ConfigException.Kind.INVALID,
          List.of(
              requireNonNull(files.get(Role.PLUGIN)).key()
                  + ": the key of the host's authority too (expected: another key)"));
    }
    return loaded;
  }

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
        new Lineages(
            mint,
            sources.clock(),
            settings.trust().tokens().life(),
            settings.trust().tokens().grace()),
        authority(settings, Role.HOST),
        authority(settings, Role.PLUGIN));
  }

  private static Issuer authority(HostSettings settings, Role role) throws HostStartException {
    HostSettings.Sources sources = settings.sources();
    try {
      return new CheckedIssuer(
          settings
              .trust()
              .authority(role)
              .orElseGet(
                  () ->
                      EmbeddedAuthority.create(
                          settings.trustDomain(), role, sources.clock(), sources.random())),
          sources.clock());
    } catch (IllegalStateException e) {
      throw new HostStartException(
          HostStartException.Kind.SYSTEM,
          "host: " + e.getMessage() + " (expected: a random source that works)",
          e);
    }
  }
}
