package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Token;
import java.util.Optional;

/** What must hold for any text where a token is expected. */
final class TokenText {
  private TokenText() {}

  /**
   * Parses {@code bytes}: a token has one form, which names its kind and which neither its own text
   * nor a redacted one shows; all else is no token of any kind.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    String redacted = Token.redact(text);
    Refusal.assertShowsNoToken(redacted);
    assertThat(Token.redact(redacted)).isEqualTo(redacted);
    boolean accepted = false;
    for (Token.Kind kind : Token.Kind.values()) {
      Optional<Token> token = Token.parse(kind, text);
      if (token.isPresent()) {
        assertThat(accepted).as("a token of two kinds").isFalse();
        assertThat(token.get().exposeForWire()).isEqualTo(text).startsWith(kind.prefix());
        assertThat(token.get().sha256()).hasSize(32);
        assertThat(token.get().toString()).doesNotContain(text.substring(4));
        assertThat(redacted).doesNotContain(text.substring(4));
        accepted = true;
      }
    }
    return accepted;
  }
}
