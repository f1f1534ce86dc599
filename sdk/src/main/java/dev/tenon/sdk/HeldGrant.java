package dev.tenon.sdk;

import dev.tenon.core.Token;
import java.time.Duration;
import java.time.Instant;

/** A grant as the host gave it. Immutable and thread-safe; prints no secret. */
record HeldGrant(String id, Token token, Instant obtained, Instant expires) {
  /** Reads an answer of the host; {@code id} is the grant's. */
  static HeldGrant of(String id, String token, com.google.protobuf.Timestamp expires, Instant now)
      throws BadAnswerException {
    if (!id.matches("[0-9a-f]{32}")) {
      throw new BadAnswerException("grant_id", "malformed", "32 hex digits");
    }
    Token secret =
        Token.parse(Token.Kind.GRANT, token)
            .orElseThrow(
                () ->
                    new BadAnswerException(
                        "grant_token", "malformed", "tng_ and 43 base64url characters"));
    return new HeldGrant(id, secret, now, IssuedIdentity.expiry("expires", expires, now));
  }

  /** Returns half of the time from now to its end. */
  Duration halfLife() {
    return Duration.between(obtained, expires).dividedBy(2);
  }

  /** Returns the value of the request header that shows it. */
  String exposeForWire() {
    return id + " " + token.exposeForWire();
  }
}
