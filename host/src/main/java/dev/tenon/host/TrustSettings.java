package dev.tenon.host;

import static java.util.Objects.requireNonNull;

import dev.tenon.auth.Lineages;
import dev.tenon.auth.issue.Issuer;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.AdminName;
import dev.tenon.host.control.ProtocolVersions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a host trusts: how long its tokens live, which versions of the contract it speaks, its
 * authorities, with those that exist already, of which one that is not named is made in memory, and
 * its administrators. Immutable.
 */
record TrustSettings(
    Tokens tokens,
    ProtocolVersions protocol,
    AuthoritySettings authorities,
    Map<Role, Issuer> issuers,
    Set<AdminName> admins) {
  static final TrustSettings DEFAULT =
      new TrustSettings(
          new Tokens(Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE),
          ProtocolVersions.CURRENT,
          AuthoritySettings.DEFAULT,
          Map.of(),
          Set.of());

  TrustSettings {
    issuers = Map.copyOf(issuers);
    admins = Set.copyOf(admins);
  }

  /** How long runtime tokens live, and how long one works on beside its successor. */
  record Tokens(Duration life, Duration grace) {
    private static final Duration MOST = Duration.ofHours(24);

    /** A plugin whose renewal was answered in vain asks again within 20 s; see the SDK. */
    private static final Duration LEAST_GRACE = Duration.ofSeconds(30);

    Tokens {
      requireNonNull(life, "life");
      requireNonNull(grace, "grace");
      if (life.isNegative() || life.isZero() || life.compareTo(MOST) > 0) {
        throw new IllegalArgumentException(
            "token life: " + life + " (expected: > 0, at most " + MOST + ")");
      }
      if (grace.compareTo(LEAST_GRACE) < 0 || grace.compareTo(life) > 0) {
        throw new IllegalArgumentException(
            "token grace: "
                + grace
                + " (expected: at least "
                + LEAST_GRACE
                + ", at most the token's life, "
                + life
                + ")");
      }
    }
  }

  /** Returns the authority for {@code role}, if it was read from files or brought. */
  Optional<Issuer> issuer(Role role) {
    return Optional.ofNullable(issuers.get(role));
  }

  TrustSettings with(Tokens other) {
    return new TrustSettings(other, protocol, authorities, issuers, admins);
  }

  TrustSettings with(ProtocolVersions other) {
    return new TrustSettings(tokens, other, authorities, issuers, admins);
  }

  TrustSettings with(AuthoritySettings other, Map<Role, Issuer> theirs) {
    return new TrustSettings(tokens, protocol, other, theirs, admins);
  }

  TrustSettings with(Set<AdminName> others) {
    return new TrustSettings(tokens, protocol, authorities, issuers, others);
  }
}
