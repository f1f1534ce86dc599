package dev.tenon.host;

import dev.tenon.auth.AllowedCertificates;
import dev.tenon.auth.Clocks;
import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.TokenMint;
import dev.tenon.auth.config.ConfigException;
import dev.tenon.auth.grant.GrantStore;
import dev.tenon.auth.issue.AuthorityFiles;
import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.auth.issue.RollingIssuer;
import dev.tenon.auth.revocation.RevocationList;
import dev.tenon.auth.revocation.Revocations;
import dev.tenon.core.Fingerprint;
import dev.tenon.core.TrustDomain;
import dev.tenon.host.control.Trust;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How a host's trust is set up. */
final class HostTrust {
  private HostTrust() {}

  /**
   * Reads the authorities that have files, and adds those that were brought.
   *
   * @throws ConfigException if a file is not what it should be, or both have one key: a plugin
   *     could then pass for the host; or one is not of its pins
   */
  static Map<Role, Issuer> load(
      AuthoritySettings settings, TrustDomain trustDomain, HostSettings.Sources sources)
      throws ConfigException {
    Map<Role, Issuer> issuers = new EnumMap<>(Role.class);
    issuers.putAll(settings.issuers());
    for (Map.Entry<Role, AuthorityFiles> of : settings.files().entrySet()) {
      issuers.put(
          of.getKey(),
          settings.issuing(
              of.getKey(),
              EmbeddedAuthority.load(
                  trustDomain, of.getKey(), of.getValue(), sources.clock(), sources.random())));
    }
    Issuer host = issuers.get(Role.HOST);
    Issuer plugin = issuers.get(Role.PLUGIN);
    if (host != null && plugin != null && !Collections.disjoint(keys(host), keys(plugin))) {
      AuthorityFiles files = settings.files().get(Role.PLUGIN);
      throw new ConfigException(
          ConfigException.Kind.INVALID,
          List.of(
              (files == null ? "plugins' authority" : files.key())
                  + ": the key of the host's authority too (expected: another key)"));
    }
    for (Role role : settings.pins().keySet()) {
      requirePinned(role, settings, issuers.get(role), sources);
    }
    if (!settings.allowed().equals(AllowedCertificates.ANY)
        && !settings.issuers().containsKey(Role.PLUGIN)) {
      throw invalid(
          "allowed certificates: plugins get certificates that nobody can list beforehand"
              + " (expected: an issuer of your own for plugins)");
    }
    return issuers;
  }

  private static void requirePinned(
      Role role, AuthoritySettings settings, @Nullable Issuer issuer, HostSettings.Sources sources)
      throws ConfigException {
    if (issuer == null) {
      throw invalid(
          "pins for " + role + ": its authority is made in memory (expected: files, or an issuer)");
    }
    if (settings.checked(role, issuer, sources.clock()).trustBundle().isEmpty()) {
      AuthorityFiles files = settings.files().get(role);
      String shown =
          issuer.trustBundle().stream()
              .map(root -> Fingerprint.of(root).hex())
              .collect(Collectors.joining(" "));
      throw invalid(
          (files == null ? "authority for " + role : files.certificate())
              + ": SHA-256 "
              + shown
              + " (expected: one of its pins)");
    }
  }

  private static ConfigException invalid(String problem) {
    return new ConfigException(ConfigException.Kind.INVALID, List.of(problem));
  }

  private static Set<PublicKey> keys(Issuer issuer) {
    return issuer.trustBundle().stream()
        .map(X509Certificate::getPublicKey)
        .collect(Collectors.toSet());
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
            new Clocks(sources.clock(), System::nanoTime, settings.clockTolerance()),
            settings.trust().tokens().life(),
            settings.trust().tokens().grace()),
        new GrantStore(mint, new Clocks(sources.clock(), System::nanoTime), settings.grants()),
        authority(settings, Role.HOST),
        authority(settings, Role.PLUGIN));
  }

  /**
   * Reads what the host revoked before.
   *
   * @throws HostStartException if the file is damaged: what it says must not be forgotten
   */
  static Revocations revocations(HostPlaces places) throws HostStartException {
    try {
      return Revocations.open(places.revocations());
    } catch (ConfigException e) {
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Reads the revocation list, if there is to be one.
   *
   * @throws HostStartException if it is not good
   */
  static Optional<RevocationList> revocationList(HostSettings settings, Trust trust)
      throws HostStartException {
    Optional<Path> file = settings.trust().authorities().revocationList();
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          RevocationList.open(
              file.get(), trust.pluginIssuer()::trustBundle, settings.sources().clock()));
    } catch (ConfigException e) {
      throw new HostStartException(
          HostStartException.Kind.CONFIGURATION, String.valueOf(e.getMessage()), e);
    }
  }

  private static RollingIssuer authority(HostSettings settings, Role role)
      throws HostStartException {
    HostSettings.Sources sources = settings.sources();
    try {
      return new RollingIssuer(
          settings
              .trust()
              .authorities()
              .checked(
                  role,
                  settings.trust().issuer(role).orElseGet(() -> inMemory(settings, role)),
                  sources.clock()));
    } catch (IllegalStateException e) {
      throw new HostStartException(
          HostStartException.Kind.SYSTEM,
          "host: " + e.getMessage() + " (expected: a random source that works)",
          e);
    }
  }

  private static Issuer inMemory(HostSettings settings, Role role) {
    HostSettings.Sources sources = settings.sources();
    return settings
        .trust()
        .authorities()
        .issuing(
            role,
            EmbeddedAuthority.create(
                settings.trustDomain(), role, sources.clock(), sources.random()));
  }
}
