package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.util.List;

/** What must hold for any text where a trust bundle is expected. */
public final class PemText {
  private PemText() {}

  /**
   * Parses {@code bytes}: an accepted bundle is the same when it is written and read again; all
   * else is refused with one printable line, and with no other exception.
   *
   * @return whether it was accepted
   */
  public static boolean check(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    List<X509Certificate> certificates;
    try {
      certificates = Pem.parse(text);
    } catch (IllegalArgumentException refusal) {
      assertThat(String.valueOf(refusal.getMessage())).matches("PEM: [ -~]{1,200}");
      return false;
    }
    assertThat(certificates).isNotEmpty().hasSizeLessThanOrEqualTo(16);
    assertThat(Pem.parse(Pem.encode(certificates))).isEqualTo(certificates);
    return true;
  }
}
