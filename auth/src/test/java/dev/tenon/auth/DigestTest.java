package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the host keeps of a secret, and compares with. */
class DigestTest {
  private static final long SEED = 2608;

  private final byte[] bytes = new byte[Digest.SIZE_BYTES];

  DigestTest() {
    new Random(SEED).nextBytes(bytes);
  }

  /**
   * Every bit counts, alone and beside every other.
   *
   * <p>Row: TK-2
   */
  @Test
  void equals_oneOrTwoBitsDiffer_false() {
    Digest digest = new Digest(bytes);
    assertThat(digest.equals(new Digest(bytes.clone()))).isTrue();

    for (int one = 0; one < 8 * bytes.length; one++) {
      for (int other = one; other < 8 * bytes.length; other++) {
        byte[] changed = bytes.clone();
        changed[one / 8] ^= (byte) (1 << one % 8);
        if (other != one) {
          changed[other / 8] ^= (byte) (1 << other % 8);
        }
        assertThat(digest.equals(new Digest(changed))).as("bits %d, %d", one, other).isFalse();
      }
    }
  }

  @Test
  void equals_somethingElse_false() {
    assertThat(new Digest(bytes)).isNotEqualTo("a text").isNotEqualTo(null);
  }

  @Test
  void of_bytes_isTheirSha256EachTime() throws Exception {
    byte[] text = "abc".getBytes(StandardCharsets.US_ASCII);
    Digest expected = new Digest(MessageDigest.getInstance("SHA-256").digest(text));

    assertThat(Digest.of(text)).isEqualTo(expected).hasSameHashCodeAs(expected);
    assertThat(Digest.of(text)).isEqualTo(expected);
  }

  /** Even a digest is of no use in a log. */
  @Test
  void toString_ofADigest_tellsNothing() {
    assertThat(new Digest(bytes)).hasToString("Digest[redacted]");
  }
}
