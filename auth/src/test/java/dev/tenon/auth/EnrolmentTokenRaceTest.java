package dev.tenon.auth;

import static java.util.Collections.frequency;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.RuntimeId;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;

/** Attack: redeem one enrolment token many times at once. */
class EnrolmentTokenRaceTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final RuntimeId LOG = new RuntimeId("log-0000000000000002");
  private static final int THREADS = 50;

  private final EnrolmentTokens tokens =
      new EnrolmentTokens(
          new TokenMint(new SecureRandom()), InstantSource.system(), EnrolmentTokens.DEFAULT_LIFE);

  /**
   * Of 50 redemptions one succeeds, and the others say that the token is spent.
   *
   * <p>Row: TK-15
   */
  @RepeatedTest(20)
  void redeem_fiftyAtOnce_oneWins() throws Exception {
    String token = tokens.issue(WORDS).token().exposeForWire();
    List<String> outcomes = Race.run(THREADS, i -> () -> redeem(WORDS, token));
    assertThat(frequency(outcomes, "OK")).isEqualTo(1);
    assertThat(frequency(outcomes, "TOKEN_SPENT")).isEqualTo(THREADS - 1);
  }

  /**
   * A thief and the rightful plugin: at most one redemption, and the thief's is never it.
   *
   * <p>Row: TK-15
   */
  @RepeatedTest(20)
  void redeem_halfOfThemForAnotherRun_neverForTheThief() throws Exception {
    String token = tokens.issue(WORDS).token().exposeForWire();
    List<String> outcomes =
        Race.run(THREADS, i -> () -> (i % 2) + redeem(i % 2 == 0 ? WORDS : LOG, token));
    assertThat(outcomes).doesNotContain("1OK");
    assertThat(frequency(outcomes, "0OK") + frequency(outcomes, "1NOT_AUTHENTICATED")).isEqualTo(1);
  }

  private String redeem(RuntimeId claimed, String token) {
    try {
      tokens.redeem(claimed, token);
      return "OK";
    } catch (TokenSpentException | NotAuthenticatedException e) {
      return e.refusal().name();
    }
  }
}
