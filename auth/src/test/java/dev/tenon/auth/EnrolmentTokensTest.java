package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.EXPIRED;
import static dev.tenon.auth.NotAuthenticatedException.Why.FOREIGN;
import static dev.tenon.auth.NotAuthenticatedException.Why.MALFORMED;
import static dev.tenon.auth.NotAuthenticatedException.Why.MISSING;
import static dev.tenon.auth.NotAuthenticatedException.Why.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnrolmentTokensTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final RuntimeId LOG = new RuntimeId("log-0000000000000002");

  private final TestClock clock = new TestClock();
  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final EnrolmentTokens tokens =
      new EnrolmentTokens(mint, clock, clock, EnrolmentTokens.DEFAULT_LIFE);

  private String issue(RuntimeId plugin) throws Exception {
    return tokens.issue(plugin).token().exposeForWire();
  }

  @Test
  void issue_always_enrolmentTokenOf30Seconds() throws Exception {
    Issued issued = tokens.issue(WORDS);
    assertThat(issued.token().kind()).isEqualTo(Token.Kind.ENROLMENT);
    assertThat(issued.expires()).isEqualTo(clock.instant().plusSeconds(30));
  }

  /**
   * Fifty thousand tokens that nobody ever shows are forgotten after their time by the clean-up
   * alone.
   *
   * <p>Row: TK-5
   */
  @Test
  void cleanUp_manyTokensNeverUsed_noneIsLeft() throws Exception {
    EnrolmentTokens shortLived = new EnrolmentTokens(mint, clock, clock, Duration.ofSeconds(1));
    List<Runnable> tasks = new ArrayList<>();
    shortLived.cleanUpWith(
        (pause, task) -> {
          assertThat(pause).isEqualTo(Duration.ofSeconds(1));
          tasks.add(task);
        });
    for (int i = 0; i < 50_000; i++) {
      shortLived.issue(RuntimeId.of(WORDS.plugin(), i));
    }
    tasks.get(0).run();
    assertThat(shortLived.live()).isEqualTo(50_000);
    clock.advance(Duration.ofSeconds(1));
    tasks.get(0).run();
    assertThat(shortLived.live()).isZero();
    assertThat(shortLived.size()).isZero();
  }

  /**
   * One run has a bounded number of tokens out, and none that lives makes room; expired, spent and
   * withdrawn ones do.
   *
   * <p>Row: TK-5
   */
  @Test
  void issue_moreThanOneRunMayHave_refusedUntilThereIsRoom() throws Exception {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < EnrolmentTokens.MAX_OUT_OF_RUN; i++) {
      out.add(issue(WORDS));
    }
    assertThatThrownBy(() -> issue(WORDS)).isInstanceOf(IllegalStateException.class);
    issue(LOG);
    clock.advance(EnrolmentTokens.DEFAULT_LIFE);
    for (int i = 0; i < EnrolmentTokens.MAX_OUT_OF_RUN; i++) {
      out.set(i, issue(WORDS));
    }
    assertThatThrownBy(() -> issue(WORDS)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> tokens.redeem(LOG, out.get(0)))
        .isInstanceOf(NotAuthenticatedException.class);
    issue(WORDS);
    tokens.redeem(WORDS, out.get(1));
    for (int i = 0; i < EnrolmentTokens.MAX_OUT_OF_RUN; i++) {
      issue(WORDS);
    }
    tokens.withdraw(WORDS);
    assertThat(tokens.live()).isZero();
    issue(WORDS);
  }

  /** So are those of all runs together, to the last one. Row: TK-5. */
  @Test
  void issue_asManyAsThereMayBe_oneMoreIsRefused() throws Exception {
    for (int i = 0; i < EnrolmentTokens.MAX_OUT; i++) {
      long run = i / EnrolmentTokens.MAX_OUT_OF_RUN;
      tokens.issue(new RuntimeId("words-%016x".formatted(run + 16)));
    }
    assertThat(tokens.live()).isEqualTo(EnrolmentTokens.MAX_OUT);
    assertThatThrownBy(() -> issue(LOG))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0 of log-0000000000000002, 100000 in total");
  }

  @Test
  void redeem_secondTime_spentAndNamesTheRun() throws Exception {
    String token = issue(WORDS);
    tokens.redeem(WORDS, token);
    assertSpent(WORDS, token);
    assertSpent(LOG, token);
  }

  /** A late second redemption, long after expiry, still tells of two holders. */
  @Test
  void redeem_secondTimeAfterExpiry_stillSpent() throws Exception {
    String token = issue(WORDS);
    tokens.redeem(WORDS, token);
    clock.advance(Duration.ofHours(3));
    issue(LOG);
    assertSpent(WORDS, token);
  }

  @Test
  void redeem_claimedForAnotherRun_refusedSpentAndNamesTheRightfulOne() throws Exception {
    String token = issue(WORDS);
    assertThat(assertRefused(LOG, token, FOREIGN).rightful()).contains(WORDS);
    assertSpent(WORDS, token);
  }

  /** Whoever finds another token of a run that has enrolled cannot take its place with it. */
  @Test
  void redeem_oneOfTwo_theOtherIsForgotten() throws Exception {
    String first = issue(WORDS);
    String second = issue(WORDS);
    String ofLog = issue(LOG);

    tokens.redeem(WORDS, first);

    assertThat(assertRefused(WORDS, second, UNKNOWN).rightful()).isEmpty();
    tokens.redeem(LOG, ofLog);
  }

  @Test
  void redeem_atExpiry_refused() throws Exception {
    String inTime = issue(LOG);
    String late = issue(WORDS);
    clock.advance(EnrolmentTokens.DEFAULT_LIFE.minusNanos(1));
    tokens.redeem(LOG, inTime);
    clock.advance(Duration.ofNanos(1));
    assertThat(assertRefused(WORDS, late, EXPIRED).rightful()).isEmpty();
    clock.advanceWall(Duration.ofDays(-1));
    assertRefused(WORDS, late, EXPIRED);
  }

  @Test
  void redeem_monotonicClockOver_refused() throws Exception {
    String token = issue(WORDS);
    clock.advanceNanos(EnrolmentTokens.DEFAULT_LIFE);
    assertRefused(WORDS, token, EXPIRED);
  }

  /** Denies: Enrolment/Enrol CREDENTIAL_MALFORMED, CREDENTIAL_UNKNOWN. */
  @Test
  void redeem_nothingOrNonsense_refused() throws Exception {
    String token = issue(WORDS);
    assertRefused(WORDS, "", MISSING);
    assertRefused(WORDS, " ", MALFORMED);
    assertRefused(WORDS, token + "\n", MALFORMED);
    assertRefused(WORDS, "tnr_" + token.substring(4), MALFORMED);
    assertRefused(WORDS, mint.mint(Token.Kind.ENROLMENT).exposeForWire(), UNKNOWN);
    tokens.redeem(WORDS, token);
  }

  @Test
  void withdraw_spentAndUnspent_bothForgotten() throws Exception {
    String spent = issue(WORDS);
    tokens.redeem(WORDS, spent);
    String unspent = issue(WORDS);
    String other = issue(LOG);
    tokens.withdraw(WORDS);
    tokens.withdraw(WORDS);
    assertRefused(WORDS, spent, UNKNOWN);
    assertRefused(WORDS, unspent, UNKNOWN);
    assertThat(tokens.size()).isEqualTo(1);
    tokens.redeem(LOG, other);
  }

  @Test
  void issue_manyNeverUsed_expiredOnesForgotten() throws Exception {
    for (int i = 0; i < 1000; i++) {
      issue(RuntimeId.of(WORDS.plugin(), i));
    }
    assertThat(tokens.size()).isEqualTo(1000);
    clock.advance(EnrolmentTokens.DEFAULT_LIFE);
    issue(LOG);
    assertThat(tokens.size()).isEqualTo(1);
  }

  @Test
  void redeem_manyTokensOfOneRun_spentOnesBounded() throws Exception {
    for (int i = 0; i < 5 * EnrolmentTokens.MAX_SPENT; i++) {
      tokens.redeem(WORDS, issue(WORDS));
    }
    assertThat(tokens.size()).isEqualTo(EnrolmentTokens.MAX_SPENT);
  }

  /**
   * Without randomness nothing is stored.
   *
   * <p>Row: HS-9
   */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void issue_failingGenerator_nothingStored(TestRandom.Mode failure) {
    EnrolmentTokens own =
        new EnrolmentTokens(
            new TokenMint(new TestRandom(failure)), clock, EnrolmentTokens.DEFAULT_LIFE);
    assertThatExceptionOfType(RandomSourceFailedException.class)
        .isThrownBy(() -> own.issue(WORDS))
        .satisfies(e -> assertThat(e.refusal()).isEqualTo(Refusal.INTERNAL));
    assertThat(own.size()).isZero();
  }

  private void assertSpent(RuntimeId claimed, String token) {
    TokenSpentException spent =
        catchThrowableOfType(TokenSpentException.class, () -> tokens.redeem(claimed, token));
    assertThat(spent).isNotNull();
    assertThat(spent.rightful()).contains(WORDS);
    assertThat(spent.refusal()).isEqualTo(Refusal.TOKEN_SPENT);
  }

  private NotAuthenticatedException assertRefused(RuntimeId claimed, String token, Why why) {
    NotAuthenticatedException refusal =
        catchThrowableOfType(NotAuthenticatedException.class, () -> tokens.redeem(claimed, token));
    assertThat(refusal).isNotNull();
    assertThat(refusal.why()).isEqualTo(why);
    return refusal;
  }

  @Test
  void isIssued_unspentOrSpent_true_otherwiseFalse() throws Exception {
    String spent = issue(WORDS);
    tokens.redeem(WORDS, spent);
    String unspent = issue(LOG);

    assertThat(tokens.isIssued(spent)).isTrue();
    assertThat(tokens.isIssued(unspent)).isTrue();
    assertThat(tokens.isIssued(mint.mint(Token.Kind.ENROLMENT).exposeForWire())).isFalse();
    assertThat(tokens.isIssued("no token")).isFalse();
    assertThat(tokens.isIssued("")).isFalse();
  }

  /** A token that a foreign run spends leaves room for one more, and no more than one. */
  @Test
  void issue_afterOneOfManyWasSpent_oneMore() throws Exception {
    String first = issue(WORDS);
    for (int i = 1; i < EnrolmentTokens.MAX_OUT_OF_RUN; i++) {
      issue(WORDS);
    }
    assertThatThrownBy(() -> tokens.redeem(LOG, first))
        .isInstanceOf(NotAuthenticatedException.class);

    issue(WORDS);

    assertThatThrownBy(() -> issue(WORDS)).isInstanceOf(IllegalStateException.class);
  }
}
