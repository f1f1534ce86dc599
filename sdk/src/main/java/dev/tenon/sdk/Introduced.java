package dev.tenon.sdk;

import dev.tenon.core.SignedGrant;
import dev.tenon.core.SpiffeId;
import dev.tenon.transport.Endpoint;
import dev.tenon.v1.IntroduceResponse;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** An introduction as the host made it. Immutable and thread-safe. */
record Introduced(
    SpiffeId.OfPlugin provider,
    Endpoint address,
    List<X509Certificate> authorities,
    String grant,
    Set<String> methods,
    String serial,
    Instant obtained,
    Instant expires) {
  Introduced {
    authorities = List.copyOf(authorities);
    methods = Set.copyOf(methods);
  }

  /**
   * Reads an answer of {@code host}.
   *
   * @throws BadAnswerException if it cannot be believed
   */
  static Introduced of(IntroduceResponse answer, SpiffeId.OfHost host, Instant now)
      throws BadAnswerException {
    if (SignedGrant.parse(answer.getGrant()).isEmpty()) {
      throw new BadAnswerException("grant", "malformed", "a signed grant");
    }
    return new Introduced(
        provider(answer.getProviderId(), host),
        address(answer.getAddress()),
        Certificates.parse("trust_bundle", answer.getTrustBundleList()),
        answer.getGrant(),
        Set.copyOf(answer.getMethodsList()),
        answer.getSerial(),
        now,
        IssuedIdentity.expiry("expires", answer.getExpires(), now));
  }

  private static SpiffeId.OfPlugin provider(String id, SpiffeId.OfHost host)
      throws BadAnswerException {
    try {
      if (SpiffeId.parse(id) instanceof SpiffeId.OfPlugin plugin && plugin.host().equals(host)) {
        return plugin;
      }
    } catch (IllegalArgumentException e) {
      // as any other that is no plugin of this host
    }
    throw new BadAnswerException("provider_id", "another identity", "a plugin of " + host);
  }

  private static Endpoint address(String text) throws BadAnswerException {
    try {
      return Endpoint.parse(text);
    } catch (IllegalArgumentException e) {
      throw new BadAnswerException("address", "unix:/path or tcp:host:port", e);
    }
  }

  /** Returns half of the time from now to its end. */
  Duration halfLife() {
    return Duration.between(obtained, expires).dividedBy(2);
  }

  /** Returns whether it leads where {@code other} does, by the same trust. */
  boolean isSameWayAs(Introduced other) {
    return provider.equals(other.provider)
        && address.equals(other.address)
        && authorities.equals(other.authorities);
  }

  @Override
  public String toString() {
    return "Introduced[to " + provider + " at " + address + " until " + expires + "]";
  }
}
