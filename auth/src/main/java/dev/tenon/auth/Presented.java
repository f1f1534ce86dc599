package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.MALFORMED;
import static dev.tenon.auth.NotAuthenticatedException.Why.MISSING;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import dev.tenon.core.Token;

/** What a peer sent as its token, on the way to a digest. */
final class Presented {
  private Presented() {}

  /**
   * Returns the digest of {@code presented}.
   *
   * @throws NotAuthenticatedException if it is empty, or not the one canonical form of a token of
   *     {@code kind}
   */
  static Digest digest(Token.Kind kind, String presented) throws NotAuthenticatedException {
    return digest(kind, requireNonNull(presented, "presented").getBytes(ISO_8859_1));
  }

  /** As {@link #digest(Token.Kind, String)}, of a text in ISO-8859-1. */
  static Digest digest(Token.Kind kind, byte[] presented) throws NotAuthenticatedException {
    if (presented.length == 0) {
      throw new NotAuthenticatedException(MISSING);
    }
    return Digest.ofPresented(kind, presented)
        .orElseThrow(() -> new NotAuthenticatedException(MALFORMED));
  }
}
