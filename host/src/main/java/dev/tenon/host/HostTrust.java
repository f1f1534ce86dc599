package dev.tenon.host;

import dev.tenon.auth.EmbeddedAuthority;
import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.auth.Lineages;
import dev.tenon.auth.Role;
import dev.tenon.auth.TokenMint;
import dev.tenon.host.control.Trust;
import java.time.Duration;

/** The lives of credentials, and how a host's trust is set up. */
final class HostTrust {
  /** How long an enrolment token may be redeemed: a JVM alone needs about a second to start. */
  static final Duration ENROLMENT_TOKEN_LIFE = Duration.ofSeconds(30);

  /** How long a runtime token is valid; renewed at half life. */
  static final Duration RUNTIME_TOKEN_LIFE = Duration.ofHours(1);

  /** How long a renewed key or token works beside its successor. */
  static final Duration GRACE = Duration.ofMinutes(5);

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
        new EnrolmentTokens(mint, sources.clock(), ENROLMENT_TOKEN_LIFE),
        new Lineages(mint, sources.clock(), RUNTIME_TOKEN_LIFE, GRACE),
        authority(settings, Role.HOST),
        authority(settings, Role.PLUGIN));
  }

  private static EmbeddedAuthority authority(HostSettings settings, Role role)
      throws HostStartException {
    HostSettings.Sources sources = settings.sources();
    try {
      return EmbeddedAuthority.create(
          settings.trustDomain(), role, sources.clock(), sources.random());
    } catch (IllegalStateException e) {
      throw new HostStartException(
          HostStartException.Kind.SYSTEM,
          "host: " + e.getMessage() + " (expected: a random source that works)",
          e);
    }
  }
}
