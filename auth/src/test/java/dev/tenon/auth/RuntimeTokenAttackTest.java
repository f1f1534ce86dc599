package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.EXPIRED;
import static dev.tenon.auth.NotAuthenticatedException.Why.FOREIGN;
import static dev.tenon.auth.NotAuthenticatedException.Why.MALFORMED;
import static dev.tenon.auth.NotAuthenticatedException.Why.MISSING;
import static dev.tenon.auth.NotAuthenticatedException.Why.REVOKED;
import static dev.tenon.auth.NotAuthenticatedException.Why.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attacks on runtime tokens: stolen, guessed, bent, late. */
class RuntimeTokenAttackTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final RuntimeId LOG = new RuntimeId("log-0000000000000002");
  private static final RuntimeId NOBODY = new RuntimeId("words-0000000000000003");

  private final TestClock clock = new TestClock();
  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final Lineages lineages = lineages(Duration.ofHours(1));
  private final PublicKey wordsKey = TestKeys.key();
  private String words = "";
  private String log = "";

  private Lineages lineages(Duration tokenLife) {
    return new Lineages(mint, clock, clock, tokenLife, Duration.ofMinutes(5));
  }

  @BeforeEach
  void open() throws Exception {
    words = lineages.open(WORDS, wordsKey).token().exposeForWire();
    log = lineages.open(LOG, TestKeys.key()).token().exposeForWire();
  }

  @Test
  void verify_ownToken_accepted() {
    assertThatCode(() -> lineages.verify(WORDS, words)).doesNotThrowAnyException();
    assertThatCode(() -> lineages.verify(LOG, log)).doesNotThrowAnyException();
  }

  /**
   * T1, T2: no token never matches, for a run that is known or not.
   *
   * <p>Row: TK-2
   */
  @Test
  void verify_absentOrBlankToken_refused() {
    assertRefused(WORDS, "", MISSING);
    assertRefused(NOBODY, "", MISSING);
    assertRefused(WORDS, " ", MALFORMED);
    assertRefused(NOBODY, "\t\n", MALFORMED);
  }

  /**
   * One character, one changed character at the start, in the middle or at the end, and no prefix.
   *
   * <p>Row: TK-2
   */
  @Test
  void verify_nearMatch_refused() {
    assertRefused(WORDS, words.substring(0, 1), MALFORMED);
    assertRefused(WORDS, words.substring(4), MALFORMED);
    for (int at : List.of(4, 5, 24, 45)) {
      assertRefused(WORDS, changed(at), UNKNOWN);
    }
    // The last character has two bits that carry nothing: change those that do.
    char other = words.charAt(46) == 'A' ? 'E' : 'A';
    assertRefused(WORDS, words.substring(0, 46) + other, UNKNOWN);
  }

  private String changed(int at) {
    char[] text = words.toCharArray();
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return String.valueOf(text);
  }

  /** T4: one byte more. */
  @ParameterizedTest
  @ValueSource(strings = {"A", "\0", "\n", " ", "\r\n"})
  void verify_tokenAndMore_refused(String more) {
    assertRefused(WORDS, words + more, MALFORMED);
    assertRefused(WORDS, more + words, MALFORMED);
  }

  /**
   * T6, T7: a good token under another id, alive or unknown. The audit learns whose it is.
   *
   * <p>Row: TK-2, TK-10
   */
  @Test
  void verify_tokenOfAnotherRun_refused() {
    assertThat(assertRefused(LOG, words, FOREIGN).rightful()).contains(WORDS);
    assertThat(assertRefused(WORDS, log, FOREIGN).rightful()).contains(LOG);
    assertThat(assertRefused(NOBODY, words, FOREIGN).rightful()).contains(WORDS);
    assertThatCode(() -> lineages.verify(WORDS, words)).doesNotThrowAnyException();
  }

  /**
   * The key of another run's connection is not this run's key.
   *
   * <p>Row: TK-10
   */
  @Test
  void verifyKey_keyOfAnotherRun_refused() {
    assertThatCode(() -> lineages.verifyKey(WORDS, wordsKey)).doesNotThrowAnyException();
    assertThat(whyOf(() -> lineages.verifyKey(LOG, wordsKey))).isEqualTo(UNKNOWN);
    assertThat(whyOf(() -> lineages.verifyKey(NOBODY, wordsKey))).isEqualTo(UNKNOWN);
  }

  /** T10: a token outlives its run by nothing. */
  @Test
  void verify_afterRevocation_refused() {
    lineages.revoke(WORDS);
    assertRefused(WORDS, words, REVOKED);
    assertThat(whyOf(() -> lineages.verifyKey(WORDS, wordsKey))).isEqualTo(REVOKED);
    assertRefused(LOG, words, UNKNOWN);
    assertThatCode(() -> lineages.verify(LOG, log)).doesNotThrowAnyException();
  }

  /** T15: what only looks like the token. */
  @Test
  void verify_lookAlikes_refused() {
    assertRefused(WORDS, words.replace("tnr_", "\uff54nr_"), MALFORMED);
    assertRefused(WORDS, words.replace("tnr_", "TNR_"), MALFORMED);
    assertRefused(WORDS, words.replace("tnr_", "tne_"), MALFORMED);
    assertRefused(WORDS, words.substring(0, 46) + "\u0661", MALFORMED);
    assertRefused(WORDS, words.substring(0, 46) + "e\u0301", MALFORMED);
    assertRefused(WORDS, words.substring(0, 46) + "\u00e9", MALFORMED);
  }

  /** T16: other texts that decode to the same bytes. */
  @Test
  void verify_otherEncodingsOfTheSameBytes_refused() {
    assertRefused(WORDS, words + "=", MALFORMED);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char last = words.charAt(46);
    for (int unused = 1; unused < 4; unused++) {
      char bent = alphabet.charAt(alphabet.indexOf(last) + unused);
      assertRefused(WORDS, words.substring(0, 46) + bent, MALFORMED);
    }
    assertRefused(WORDS, words.substring(0, 20) + "+/" + words.substring(22), MALFORMED);
  }

  /** T24: a failing generator leaves what is stored as it is. */
  @Test
  void renew_failingGenerator_nothingChanges() {
    TestRandom random = new TestRandom();
    Lineages own =
        new Lineages(
            new TokenMint(random), clock, clock, Duration.ofHours(1), Duration.ofMinutes(5));
    assertThatCode(() -> own.open(WORDS, wordsKey)).doesNotThrowAnyException();
    random.turn(TestRandom.Mode.THROWS);
    PublicKey next = TestKeys.key();
    assertThat(
            catchThrowableOfType(
                    RandomSourceFailedException.class, () -> own.renew(WORDS, wordsKey, next))
                .refusal())
        .isEqualTo(Refusal.INTERNAL);
    assertThat(own.tokens()).isEqualTo(1);
    assertThat(whyOf(() -> own.verifyKey(WORDS, next))).isEqualTo(UNKNOWN);
  }

  /** T26: lives that are none, or too long. */
  @Test
  void lineages_lifeOutOfBounds_refused() {
    for (Duration life :
        List.of(
            Duration.ZERO,
            Duration.ofNanos(-1),
            Duration.ofHours(24).plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> lineages(life))
          .withMessageContaining("expected: > 0, at most PT24H");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Lineages(mint, clock, Duration.ofHours(1), life));
      assertThatIllegalArgumentException().isThrownBy(() -> new EnrolmentTokens(mint, clock, life));
    }
    assertThatCode(() -> lineages(Duration.ofHours(24))).doesNotThrowAnyException();
  }

  /**
   * Valid until just before its end, refused at the very end, with the text of any other refusal.
   *
   * <p>Row: TK-3
   */
  @Test
  void verify_atExpiry_refused() throws Exception {
    Lineages brief = lineages(Duration.ofSeconds(2));
    Issued issued = brief.open(WORDS, wordsKey);
    String token = issued.token().exposeForWire();
    assertThat(issued.expires()).isEqualTo(clock.instant().plusSeconds(2));
    clock.advance(Duration.ofSeconds(2).minusNanos(1));
    assertThatCode(() -> brief.verify(WORDS, token)).doesNotThrowAnyException();
    clock.advance(Duration.ofNanos(1));
    assertThat(whyOf(() -> brief.verify(WORDS, token))).isEqualTo(EXPIRED);
  }

  /**
   * Either clock ends a token; setting the wall clock back keeps none alive and revives none.
   *
   * <p>Row: TK-3. Attack: O1.
   */
  @Test
  void verify_wallClockSetBack_notRevived() throws Exception {
    Lineages brief = lineages(Duration.ofSeconds(2));
    String first = brief.open(WORDS, wordsKey).token().exposeForWire();
    clock.advanceWall(Duration.ofHours(-5));
    clock.advanceNanos(Duration.ofSeconds(2));
    assertThat(whyOf(() -> brief.verify(WORDS, first))).isEqualTo(EXPIRED);

    String second = brief.open(LOG, wordsKey).token().exposeForWire();
    clock.advanceWall(Duration.ofSeconds(2));
    assertThat(whyOf(() -> brief.verify(LOG, second))).isEqualTo(EXPIRED);
    clock.advanceWall(Duration.ofSeconds(-2));
    assertThat(whyOf(() -> brief.verify(LOG, second))).isEqualTo(EXPIRED);
  }

  /** The peer cannot tell one cause from another. */
  @Test
  void notAuthenticated_everyCause_sameTextForThePeer() {
    assertThat(Arrays.stream(Why.values()).map(NotAuthenticatedException::new))
        .allSatisfy(
            e -> {
              assertThat(e.publicText()).isEqualTo("not authenticated");
              assertThat(e.refusal()).isEqualTo(Refusal.NOT_AUTHENTICATED);
            })
        .extracting(NotAuthenticatedException::auditReason)
        .containsExactly(
            "missing",
            "malformed",
            "duplicate",
            "unknown",
            "expired",
            "foreign",
            "revoked",
            "unlisted");
  }

  private NotAuthenticatedException assertRefused(RuntimeId id, String presented, Why why) {
    NotAuthenticatedException refusal =
        catchThrowableOfType(NotAuthenticatedException.class, () -> lineages.verify(id, presented));
    assertThat(refusal).as("refusal of %s", id).isNotNull();
    assertThat(refusal.why()).isEqualTo(why);
    assertThat(refusal.publicText()).isEqualTo("not authenticated");
    return refusal;
  }

  private static Why whyOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    NotAuthenticatedException refusal = catchThrowableOfType(NotAuthenticatedException.class, call);
    assertThat(refusal).isNotNull();
    return refusal.why();
  }
}
