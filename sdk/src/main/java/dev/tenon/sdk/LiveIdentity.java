package dev.tenon.sdk;

import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import dev.tenon.transport.Credentials;
import java.time.Duration;
import java.time.Instant;

/**
 * What a plugin proves itself with at the moment: key, certificate and runtime token, which belong
 * together and are replaced as one. Immutable and thread-safe; prints no secret.
 */
final class LiveIdentity {
  private final SpiffeId.OfPlugin id;
  private final Credentials credentials;
  private final Token token;
  private final Instant obtained;
  private final Instant tokenExpires;

  LiveIdentity(
      SpiffeId.OfPlugin id,
      Credentials credentials,
      Token token,
      Instant obtained,
      Instant tokenExpires) {
    this.id = id;
    this.credentials = credentials;
    this.token = token;
    this.obtained = obtained;
    this.tokenExpires = tokenExpires;
  }

  /** Returns whose it is. */
  SpiffeId.OfPlugin id() {
    return id;
  }

  /** Returns what TLS connections prove themselves with. */
  Credentials credentials() {
    return credentials;
  }

  /** Returns what calls prove themselves with. */
  Token token() {
    return token;
  }

  /** Returns when the certificate expires; until then the identity can be renewed. */
  Instant certificateExpires() {
    return credentials.chain().get(0).getNotAfter().toInstant();
  }

  /** Returns half of the time from the issue until the first of certificate and token expires. */
  Duration halfLife() {
    Instant end = tokenExpires.isBefore(certificateExpires()) ? tokenExpires : certificateExpires();
    return Duration.between(obtained, end).dividedBy(2);
  }

  @Override
  public String toString() {
    return "LiveIdentity[token expires " + tokenExpires + ", redacted]";
  }
}
