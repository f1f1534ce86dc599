package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.SpiffeId;

/** What must hold for any text where a SPIFFE ID is expected. */
final class SpiffeIdText {
  private SpiffeIdText() {}

  /**
   * Parses {@code bytes}: an ID has one form, the one that it was parsed from; all else is refused
   * with a harmless message.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    SpiffeId id;
    try {
      id = SpiffeId.parse(text);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(id).hasToString(text).isEqualTo(SpiffeId.parse(text));
    assertThat(text).matches("spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+");
    return true;
  }
}
