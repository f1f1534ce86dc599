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

  static Trust create(HostSettings settings) {
    HostSettings.Sources sources = settings.sources();
    TokenMint mint = new TokenMint(sources.random());
    return new Trust(
        mint,
        new EnrolmentTokens(mint, sources.clock(), ENROLMENT_TOKEN_LIFE),
        new Lineages(mint, sources.clock(), RUNTIME_TOKEN_LIFE, GRACE),
        EmbeddedAuthority.create(
            settings.trustDomain(), Role.HOST, sources.clock(), sources.random()),
        EmbeddedAuthority.create(
            settings.trustDomain(), Role.PLUGIN, sources.clock(), sources.random()));
  }
}
