package dev.tenon.auth;

import static java.util.Collections.frequency;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.RefusedException;
import dev.tenon.core.RuntimeId;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;

/** Attack: renew, revoke and verify one lineage at the same time. */
class LineageRaceTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final int THREADS = 16;

  private final Lineages lineages =
      new Lineages(
          new TokenMint(new SecureRandom()),
          InstantSource.system(),
          Lineages.DEFAULT_TOKEN_LIFE,
          Lineages.DEFAULT_GRACE);
  private final PublicKey k1 = TestKeys.key();

  @RepeatedTest(10)
  void renew_sameKeyFromManyThreads_oneSuccessorAndTwoTokens() throws Exception {
    String t1 = lineages.open(WORDS, k1).token().exposeForWire();
    PublicKey k2 = TestKeys.key();
    List<String> tokens =
        Race.run(THREADS, i -> () -> lineages.renew(WORDS, k1, k2).token().exposeForWire());
    assertThat(tokens).doesNotHaveDuplicates();
    assertThat(lineages.tokens()).isEqualTo(2);
    lineages.verify(WORDS, t1);
    assertThat(tokens.stream().filter(token -> isGood(token))).hasSize(1);
  }

  @RepeatedTest(10)
  void renew_differentKeysFromManyThreads_lineageRevoked() throws Exception {
    lineages.open(WORDS, k1);
    List<PublicKey> keys = Stream.generate(TestKeys::key).limit(THREADS).toList();
    List<String> outcomes = Race.run(THREADS, i -> () -> renew(keys.get(i)));
    assertThat(frequency(outcomes, "OK")).isEqualTo(1);
    assertThat(lineages.live()).isZero();
    assertThat(lineages.tokens()).isZero();
  }

  /** Of many that begin the run anew at one time, the last one alone is good. */
  @RepeatedTest(10)
  void reopen_fromManyThreads_oneIsGood() throws Exception {
    String t1 = lineages.open(WORDS, k1).token().exposeForWire();
    List<PublicKey> keys = Stream.generate(TestKeys::key).limit(THREADS).toList();
    List<String> tokens =
        Race.run(THREADS, i -> () -> lineages.reopen(WORDS, keys.get(i)).token().exposeForWire());
    assertThat(isGood(t1)).isFalse();
    assertThat(tokens.stream().filter(token -> isGood(token))).hasSize(1);
    assertThat(lineages.live()).isEqualTo(1);
    assertThat(lineages.tokens()).isEqualTo(1);
  }

  @RepeatedTest(20)
  void revoke_duringRenewals_nothingLeft() throws Exception {
    lineages.open(WORDS, k1);
    PublicKey k2 = TestKeys.key();
    Race.run(
        THREADS,
        i ->
            () -> {
              if (i == THREADS / 2) {
                lineages.revoke(WORDS);
                return "revoked";
              }
              return renew(k2);
            });
    assertThat(lineages.live()).isZero();
    assertThat(lineages.tokens()).isZero();
  }

  /** Whatever others renew, a token in its time is never refused, not for a moment. */
  @RepeatedTest(3)
  void verify_duringRetries_neverRefused() throws Exception {
    String t1 = lineages.open(WORDS, k1).token().exposeForWire();
    PublicKey k2 = TestKeys.key();
    AtomicBoolean done = new AtomicBoolean();
    List<Boolean> outcomes =
        Race.run(
            4,
            i ->
                () -> {
                  if (i == 0) {
                    for (int n = 0; n < 2000; n++) {
                      lineages.renew(WORDS, k1, k2);
                    }
                    done.set(true);
                    return true;
                  }
                  boolean good = true;
                  while (!done.get()) {
                    good &= isGood(t1);
                  }
                  return good;
                });
    assertThat(outcomes).containsOnly(true);
  }

  private String renew(PublicKey next) {
    try {
      lineages.renew(WORDS, k1, next);
      return "OK";
    } catch (RefusedException e) {
      return e.refusal().name();
    }
  }

  private boolean isGood(String token) {
    try {
      lineages.verify(WORDS, token);
      return true;
    } catch (NotAuthenticatedException e) {
      return false;
    }
  }
}
