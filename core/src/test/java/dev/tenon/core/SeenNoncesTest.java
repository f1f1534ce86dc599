package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.SeenNonces.Seen;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SeenNoncesTest {
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  private final SeenNonces nonces = new SeenNonces(Duration.ofMinutes(10), 2);

  /** Once, for as long as a signature can be good. Row: CI-12. */
  @Test
  void show_again_isSeenUntilItsTimeIsOver() {
    assertThat(nonces.show("a", NOW)).isEqualTo(Seen.FIRST);
    assertThat(nonces.show("a", NOW)).isEqualTo(Seen.AGAIN);
    assertThat(nonces.show("a", NOW.plusSeconds(600))).isEqualTo(Seen.AGAIN);
    assertThat(nonces.show("a", NOW.plusSeconds(601))).isEqualTo(Seen.FIRST);
  }

  /** A flood makes none be forgotten. Row: CI-12. */
  @Test
  void show_tooMany_isRefusedAndNoneIsForgotten() {
    assertThat(nonces.show("a", NOW)).isEqualTo(Seen.FIRST);
    assertThat(nonces.show("b", NOW)).isEqualTo(Seen.FIRST);
    assertThat(nonces.show("c", NOW)).isEqualTo(Seen.FULL);
    assertThat(nonces.show("a", NOW)).isEqualTo(Seen.AGAIN);
    assertThat(nonces.show("c", NOW.plusSeconds(601))).isEqualTo(Seen.FIRST);
  }

  /** Row: CI-12. */
  @Test
  void with_shortKey_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RequestSigning.with(new byte[RequestSigning.MIN_KEY_BYTES - 1]))
        .withMessageContaining("31 bytes");
  }
}
