package dev.tenon.auth.grant;

import dev.tenon.auth.Digest;
import dev.tenon.auth.grant.GrantRefusedException.Why;
import dev.tenon.core.Token;

/** What a peer sent as its grant: an id, one space, and the token, of which the digest is kept. */
record PresentedGrant(String id, Digest token) {
  private static final int ID_LENGTH = 32;

  /**
   * Reads {@code text}.
   *
   * @throws GrantRefusedException if it is empty, or anything but the one canonical form
   */
  static PresentedGrant parse(String text) throws GrantRefusedException {
    if (text.isEmpty()) {
      throw new GrantRefusedException(Why.MISSING);
    }
    if (text.length() <= ID_LENGTH || text.charAt(ID_LENGTH) != ' ' || !isHex(text)) {
      throw new GrantRefusedException(Why.MALFORMED);
    }
    return new PresentedGrant(
        text.substring(0, ID_LENGTH),
        Digest.ofPresented(Token.Kind.GRANT, text.substring(ID_LENGTH + 1))
            .orElseThrow(() -> new GrantRefusedException(Why.MALFORMED)));
  }

  private static boolean isHex(String text) {
    return text.chars()
        .limit(ID_LENGTH)
        .allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
}
