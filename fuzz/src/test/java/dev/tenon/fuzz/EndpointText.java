package dev.tenon.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.transport.Endpoint;

/** What must hold for any text where an address is expected. */
final class EndpointText {
  private EndpointText() {}

  /**
   * Parses {@code bytes}: an accepted address means the same when it is printed and read again, a
   * path has no dots to climb with, and a port is one; all else is refused with a harmless message.
   *
   * @return whether it was accepted
   */
  static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    Endpoint endpoint;
    try {
      endpoint = Endpoint.parse(text);
    } catch (IllegalArgumentException refusal) {
      Refusal.assertOneLine(refusal);
      return false;
    }
    assertThat(Endpoint.parse(endpoint.toString())).isEqualTo(endpoint);
    if (endpoint instanceof Endpoint.Unix unix) {
      assertThat(unix.path()).isAbsolute().isNormalized();
      assertThat(unix.path().toString().getBytes(UTF_8)).hasSizeLessThanOrEqualTo(100);
    } else if (endpoint instanceof Endpoint.Tcp tcp) {
      assertThat(tcp.port()).isBetween(0, 65_535);
      assertThat(tcp.host()).matches("[0-9a-zA-Z.:%_-]+");
    }
    return true;
  }
}
