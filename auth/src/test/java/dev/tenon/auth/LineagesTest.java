package dev.tenon.auth;

import static dev.tenon.auth.NotAuthenticatedException.Why.EXPIRED;
import static dev.tenon.auth.NotAuthenticatedException.Why.REVOKED;
import static dev.tenon.auth.NotAuthenticatedException.Why.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LineagesTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final Duration LIFE = Duration.ofHours(1);
  private static final Duration GRACE = Duration.ofMinutes(5);

  private final TestClock clock = new TestClock();
  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final Lineages lineages = new Lineages(mint, clock, clock, LIFE, GRACE);
  private final PublicKey k1 = TestKeys.key();
  private final PublicKey k2 = TestKeys.key();
  private final PublicKey k3 = TestKeys.key();
  private String t1 = "";

  @BeforeEach
  void open() throws Exception {
    t1 = lineages.open(WORDS, k1).token().exposeForWire();
  }

  private String renew(PublicKey connection, PublicKey next) throws Exception {
    return lineages.renew(WORDS, connection, next).token().exposeForWire();
  }

  /**
   * A tolerance of two seconds: good a second after its end, on either clock, and not after three;
   * the end that the owner is told is the same. Without one there is none.
   *
   * <p>Row: TK-17
   */
  @Test
  void verify_withTolerance_goodForThatLong() throws Exception {
    Clocks late = new Clocks(clock, clock, Duration.ofSeconds(2));
    Lineages tolerant = new Lineages(mint, late, LIFE, GRACE);
    Issued issued = tolerant.open(WORDS, k1);
    assertThat(issued.expires()).isEqualTo(clock.instant().plus(LIFE));
    String token = issued.token().exposeForWire();
    clock.advance(LIFE.plusSeconds(1));
    tolerant.verify(WORDS, token);
    assertThatThrownBy(() -> lineages.verify(WORDS, t1))
        .isInstanceOf(NotAuthenticatedException.class);
    clock.advance(Duration.ofSeconds(2));
    assertThatThrownBy(() -> tolerant.verify(WORDS, token))
        .isInstanceOf(NotAuthenticatedException.class);
    for (Duration wrong : new Duration[] {Duration.ofNanos(-1), Duration.ofSeconds(301)}) {
      assertThatThrownBy(() -> new Clocks(clock, clock, wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  /**
   * Ids of one plugin never meet, and none displaces another's token.
   *
   * <p>Row: HS-7
   */
  @Test
  void open_manyRunsOfOnePlugin_allDistinctAndAllTokensValid() throws Exception {
    PluginName greeter = new PluginName("greeter");
    Map<RuntimeId, String> tokens = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      RuntimeId id = mint.runtimeId(greeter, tokens::containsKey);
      tokens.put(id, lineages.open(id, k1).token().exposeForWire());
    }
    assertThat(tokens).hasSize(100_000);
    assertThat(lineages.live()).isEqualTo(100_001);
    for (Map.Entry<RuntimeId, String> run : tokens.entrySet()) {
      lineages.verify(run.getKey(), run.getValue());
    }
  }

  /**
   * Without randomness nothing is stored.
   *
   * <p>Row: HS-9
   */
  @ParameterizedTest
  @EnumSource(names = {"THROWS", "ZEROS"})
  void open_failingGenerator_nothingStored(TestRandom.Mode failure) {
    Lineages own = new Lineages(new TokenMint(new TestRandom(failure)), clock, LIFE, GRACE);
    assertThatExceptionOfType(RandomSourceFailedException.class)
        .isThrownBy(() -> own.open(WORDS, k1));
    assertThat(own.live()).isZero();
    assertThat(own.tokens()).isZero();
  }

  @Test
  void open_twice_misuseAndFirstUndisturbed() throws Exception {
    assertThatIllegalStateException().isThrownBy(() -> lineages.open(WORDS, k2));
    lineages.verify(WORDS, t1);
    assertThat(lineages.tokens()).isEqualTo(1);
  }

  @Test
  void open_afterRevocation_newLineage() throws Exception {
    lineages.revoke(WORDS);
    String again = lineages.open(WORDS, k2).token().exposeForWire();
    lineages.verify(WORDS, again);
    lineages.verifyKey(WORDS, k2);
    assertRefused(() -> lineages.verify(WORDS, t1), UNKNOWN);
    assertRefused(() -> lineages.verifyKey(WORDS, k1), UNKNOWN);
  }

  @Test
  void renew_duringGrace_bothKeysAndTokensGood() throws Exception {
    String t2 = renew(k1, k2);
    clock.advance(GRACE.minusNanos(1));
    lineages.verify(WORDS, t1);
    lineages.verify(WORDS, t2);
    lineages.verifyKey(WORDS, k1);
    lineages.verifyKey(WORDS, k2);
  }

  /** T9: the end of grace ends the old key and the old token, at the very instant. */
  @Test
  void renew_graceOver_oldKeyAndTokenEnd() throws Exception {
    String t2 = renew(k1, k2);
    clock.advance(GRACE);
    assertRefused(() -> lineages.verify(WORDS, t1), EXPIRED);
    assertRefused(() -> lineages.verifyKey(WORDS, k1), EXPIRED);
    assertRefused(() -> renew(k1, k3), EXPIRED);
    lineages.verify(WORDS, t2);
    lineages.verifyKey(WORDS, k2);
  }

  @Test
  void renew_sameKeyAgain_retryReplacesTheSuccessorsTokenInTheSameGrace() throws Exception {
    String lost = renew(k1, k2);
    clock.advance(GRACE.dividedBy(2));
    String t2 = renew(k1, k2);
    assertRefused(() -> lineages.verify(WORDS, lost), UNKNOWN);
    lineages.verify(WORDS, t2);
    lineages.verify(WORDS, t1);
    assertThat(lineages.tokens()).isEqualTo(2);
    clock.advance(GRACE.dividedBy(2));
    assertRefused(() -> lineages.verifyKey(WORDS, k1), EXPIRED);
    lineages.verifyKey(WORDS, k2);
  }

  @Test
  void renew_otherKeyWhileSuccessorPending_lineageRevoked() throws Exception {
    String t2 = renew(k1, k2);
    assertRefused(() -> renew(k1, k3), REVOKED);
    assertRefused(() -> lineages.verify(WORDS, t1), REVOKED);
    assertRefused(() -> lineages.verify(WORDS, t2), REVOKED);
    for (PublicKey key : new PublicKey[] {k1, k2, k3}) {
      assertRefused(() -> lineages.verifyKey(WORDS, key), REVOKED);
      assertRefused(() -> renew(key, k2), REVOKED);
    }
    assertThat(lineages.live()).isZero();
    assertThat(lineages.tokens()).isZero();
  }

  @Test
  void renew_oldKeyForItselfWhileSuccessorPending_lineageRevoked() throws Exception {
    renew(k1, k2);
    assertRefused(() -> renew(k1, k1), REVOKED);
    assertThat(lineages.live()).isZero();
  }

  @Test
  void renew_overTheSuccessorsKey_promotesIt() throws Exception {
    String t2 = renew(k1, k2);
    String t3 = renew(k2, k3);
    assertRefused(() -> lineages.verify(WORDS, t1), UNKNOWN);
    assertRefused(() -> lineages.verifyKey(WORDS, k1), UNKNOWN);
    lineages.verify(WORDS, t2);
    lineages.verify(WORDS, t3);
    lineages.verifyKey(WORDS, k2);
    lineages.verifyKey(WORDS, k3);
    assertThat(lineages.tokens()).isEqualTo(2);
  }

  @Test
  void renew_sameKey_newTokenAndGraceForTheOldOne() throws Exception {
    String t2 = renew(k1, k1);
    lineages.verify(WORDS, t1);
    lineages.verify(WORDS, t2);
    clock.advance(GRACE);
    assertRefused(() -> lineages.verify(WORDS, t1), EXPIRED);
    lineages.verify(WORDS, t2);
    lineages.verifyKey(WORDS, k1);
  }

  @Test
  void renew_sameKeyThenNewKey_notAFork() throws Exception {
    String t2 = renew(k1, k1);
    String t3 = renew(k1, k2);
    assertRefused(() -> lineages.verify(WORDS, t1), UNKNOWN);
    lineages.verify(WORDS, t2);
    lineages.verify(WORDS, t3);
    lineages.verifyKey(WORDS, k1);
    lineages.verifyKey(WORDS, k2);
  }

  @Test
  void renew_promotedKeyForItself_tokenOnly() throws Exception {
    String t2 = renew(k1, k2);
    String t3 = renew(k2, k2);
    lineages.verify(WORDS, t2);
    lineages.verify(WORDS, t3);
    assertRefused(() -> lineages.verifyKey(WORDS, k1), UNKNOWN);
  }

  @Test
  void renew_tokenExpired_keyIsEnough() throws Exception {
    clock.advance(LIFE);
    assertRefused(() -> lineages.verify(WORDS, t1), EXPIRED);
    String t2 = renew(k1, k1);
    lineages.verify(WORDS, t2);
    assertRefused(() -> lineages.verify(WORDS, t1), EXPIRED);
  }

  @Test
  void renew_overAStrangersKey_refusedAndNothingChanges() throws Exception {
    assertRefused(() -> renew(k2, k3), UNKNOWN);
    assertRefused(() -> lineages.renew(new RuntimeId("log-0000000000000009"), k1, k2), UNKNOWN);
    assertThat(lineages.live()).isEqualTo(1);
    assertThat(lineages.tokens()).isEqualTo(1);
    lineages.verify(WORDS, t1);
  }

  /** However often a run renews, the host holds two digests of it at most. */
  @Test
  void renew_overAndOver_atMostTwoTokens() throws Exception {
    PublicKey connection = k1;
    for (int i = 0; i < 50; i++) {
      PublicKey next = i % 3 == 0 ? connection : TestKeys.key();
      renew(connection, next);
      renew(connection, next);
      assertThat(lineages.tokens()).isEqualTo(2);
      connection = next;
      if (i % 2 == 0) {
        clock.advance(GRACE);
      }
    }
    lineages.revoke(WORDS);
    assertThat(lineages.tokens()).isZero();
  }

  @Test
  void revoke_twiceOrUnknown_harmless() {
    lineages.revoke(WORDS);
    assertThatCode(() -> lineages.revoke(WORDS)).doesNotThrowAnyException();
    assertThat(lineages.live()).isZero();
  }

  private static void assertRefused(ThrowingCallable call, Why why) {
    assertThatExceptionOfType(NotAuthenticatedException.class)
        .isThrownBy(call)
        .extracting(NotAuthenticatedException::why)
        .isEqualTo(why);
  }

  /**
   * Who enrols again has one identity, not two: all that it had before is useless at once.
   *
   * <p>Row: HS-15
   */
  @Test
  void reopen_duringGrace_oneLineageAndAllOldKeysAndTokensUseless() throws Exception {
    String t2 = renew(k1, k2);

    String t3 = lineages.reopen(WORDS, k3).token().exposeForWire();

    lineages.verify(WORDS, t3);
    lineages.verifyKey(WORDS, k3);
    for (String old : List.of(t1, t2)) {
      assertThatExceptionOfType(NotAuthenticatedException.class)
          .isThrownBy(() -> lineages.verify(WORDS, old));
    }
    for (PublicKey old : List.of(k1, k2)) {
      assertThatExceptionOfType(NotAuthenticatedException.class)
          .isThrownBy(() -> lineages.verifyKey(WORDS, old));
    }
    assertThat(lineages.live()).isEqualTo(1);
    assertThat(lineages.tokens()).isEqualTo(1);
  }

  /** A run that was ended has no way back. */
  @Test
  void reopen_revokedRun_refusedAndNothingOpened() {
    lineages.revoke(WORDS);

    assertThatExceptionOfType(NotAuthenticatedException.class)
        .isThrownBy(() -> lineages.reopen(WORDS, k2))
        .satisfies(e -> assertThat(e.why()).isEqualTo(REVOKED));
    assertThat(lineages.live()).isZero();
    assertThat(lineages.tokens()).isZero();
  }

  /** With a key that it has, the old connections would stay good. */
  @Test
  void reopen_keyThatTheRunHas_refusedAndNothingChanges() throws Exception {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> lineages.reopen(WORDS, k1));
    lineages.verify(WORDS, t1);
    assertThat(lineages.tokens()).isEqualTo(1);
  }
}
