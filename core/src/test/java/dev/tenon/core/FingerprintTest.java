package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FingerprintTest {
  private static final String HEX = "00ff".repeat(16);

  /** Whatever way a program writes it. */
  @ParameterizedTest
  @ValueSource(strings = {"", "sha256 Fingerprint=", "SHA256 Fingerprint=", "SHA-256 fingerprint="})
  void parse_asOpensslWritesIt_isTheSame(String prefix) {
    String colons = HEX.toUpperCase(Locale.ROOT).replaceAll("(..)(?=.)", "$1:");
    Fingerprint expected = new Fingerprint(HEX);
    assertThat(Fingerprint.parse(prefix + colons)).isEqualTo(expected);
    assertThat(Fingerprint.parse(prefix + colons.replace(':', ' '))).isEqualTo(expected);
    assertThat(Fingerprint.parse(" " + prefix + HEX + "\n")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "00", "sha1 Fingerprint=00", "sha256 Fingerprint=", "spiffe://x", "zz"})
  void parse_anythingElse_isRefused(String text) {
    assertThatThrownBy(() -> Fingerprint.parse(text)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Fingerprint.parse(HEX + text + "0"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Fingerprint.parse(":".repeat(300) + HEX))
        .hasMessageContaining("364 characters");
  }

  @Test
  void constructor_otherThanCanonical_isRefused() {
    assertThatThrownBy(() -> new Fingerprint(HEX.toUpperCase(Locale.ROOT)))
        .hasMessageContaining("expected: 64 lower-case hex digits");
  }
}
