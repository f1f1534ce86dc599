package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.auth.Leakage.Finding;
import dev.tenon.auth.Leakage.Verdict;
import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whether the time that {@link Lineages#verify} takes tells where a wrong token is wrong, or
 * whether its run is known. Every build runs the short form; {@code -Dtenon.leakage=10000000} makes
 * that many measurements for each comparison, with tighter bounds (docs/evidence/leakage.md).
 *
 * <p>A false alarm needs a t beyond 4.5, which equal classes bring about once in 147,000
 * judgements, and besides a difference that is not below the bound. The classes being random in
 * each measurement, other load on the machine widens the error, which asks for more measurements;
 * it does not shift one class.
 */
class LeakageTest {
  /** Zero for the short form. */
  private static final long LONG_FORM = Long.getLong("tenon.leakage", 0);

  private static final boolean IS_LONG = LONG_FORM > 0;
  private static final long LEAST = IS_LONG ? LONG_FORM : 40_000;
  private static final long MOST = IS_LONG ? 4 * LONG_FORM : 6_000_000;

  /** For the place of a wrong character. */
  private static final double PLACE_BOUND_NANOS = IS_LONG ? 1 : 10;

  /** For the run: a look into a map that finds, and one that does not. */
  private static final double RUN_BOUND_NANOS = IS_LONG ? 50 : 100;

  /** As many as a host has. More leave the processor's cache, which unknown runs never do. */
  private static final int RUNS = 16;

  private static final String BASE64URL =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private final RuntimeId[] known = new RuntimeId[RUNS];
  private final RuntimeId[] unknown = new RuntimeId[RUNS];
  private final String[] right = new String[RUNS];
  private final Random random = new Random();
  private final Map<RuntimeId, String> tokens = new HashMap<>();
  private final Lineages lineages =
      new Lineages(
          new TokenMint(new SecureRandom()),
          InstantSource.system(),
          Duration.ofHours(1),
          Duration.ofMinutes(5));

  private final PublicKey key = TestKeys.key();
  private int drawn;

  @BeforeEach
  void open() throws Exception {
    TokenMint mint = new TokenMint(new SecureRandom());
    PluginName plugin = new PluginName("words");
    for (int i = 0; i < RUNS; i++) {
      known[i] = mint.runtimeId(plugin, id -> false);
      unknown[i] = mint.runtimeId(plugin, id -> false);
    }
    openAnew();
  }

  /**
   * Gives every run a new token. The tokens that are wrong in one character are few; where their
   * digests fall in a map is chance, and would be one class's luck if it stayed so.
   */
  private void openAnew() throws RandomSourceFailedException {
    for (int i = 0; i < RUNS; i++) {
      lineages.revoke(known[i]);
      right[i] = lineages.open(known[i], key).token().exposeForWire();
      tokens.put(known[i], right[i]);
    }
  }

  /** A way to verify: the one of the library, or one that leaks. */
  @FunctionalInterface
  private interface Verifier {
    void verify(RuntimeId id, String presented) throws NotAuthenticatedException;
  }

  /** What is presented, and as whose. */
  private record Attempt(RuntimeId id, String presented) {}

  /** The tokens of known runs, wrong in one character. */
  private Supplier<Attempt> wrongAt(int place) {
    return () -> {
      if (drawn++ % Leakage.ROUND == 0) {
        openAnewUnchecked();
      }
      int run = random.nextInt(RUNS);
      char[] text = right[run].toCharArray();
      do {
        // one of every fourth character: the last place has two bits that must stay zero
        text[place] = BASE64URL.charAt(4 * random.nextInt(16));
      } while (text[place] == right[run].charAt(place));
      return new Attempt(known[run], String.valueOf(text));
    };
  }

  private void openAnewUnchecked() {
    try {
      openAnew();
    } catch (RandomSourceFailedException e) {
      throw new AssertionError(e);
    }
  }

  /** Tokens that nobody was given, as those of {@code ids}. */
  private Supplier<Attempt> strange(RuntimeId[] ids) {
    return () -> {
      byte[] secret = new byte[Token.SIZE_BYTES];
      random.nextBytes(secret);
      return new Attempt(
          ids[random.nextInt(RUNS)], Token.of(Token.Kind.RUNTIME, secret).exposeForWire());
    };
  }

  private static Finding compare(
      String name,
      Verifier verifier,
      Supplier<Attempt> one,
      Supplier<Attempt> other,
      double boundNanos)
      throws InterruptedException {
    Finding finding =
        new Leakage<>(attempt -> refused(verifier, attempt), one, other, boundNanos)
            .find(LEAST, MOST);
    System.Logger log = System.getLogger(LeakageTest.class.getName());
    log.log(System.Logger.Level.INFO, "{0}: {1} (bound {2} ns)", name, finding, boundNanos);
    return finding;
  }

  private static void refused(Verifier verifier, Attempt attempt) {
    try {
      verifier.verify(attempt.id(), attempt.presented());
      throw new AssertionError("accepted (expected: refused)");
    } catch (NotAuthenticatedException e) {
      // as it must be
    }
  }

  private static final int FIRST = 4;
  private static final int MIDDLE = 25;
  private static final int LAST = 46;

  /** A/A: the same class twice, on the public path. */
  @Test
  void verify_sameClassTwice_clean() throws Exception {
    Finding found =
        compare(
            "A/A, wrong at first",
            lineages::verify,
            wrongAt(FIRST),
            wrongAt(FIRST),
            PLACE_BOUND_NANOS);

    assertThat(found.verdict()).as(found.toString()).isEqualTo(Verdict.CLEAN);
  }

  /** Row: TE-5 */
  @Test
  void verify_wrongAtFirstMiddleOrLast_takesTheSameTime() throws Exception {
    Finding toMiddle =
        compare(
            "first, middle", lineages::verify, wrongAt(FIRST), wrongAt(MIDDLE), PLACE_BOUND_NANOS);
    Finding toLast =
        compare("first, last", lineages::verify, wrongAt(FIRST), wrongAt(LAST), PLACE_BOUND_NANOS);

    assertThat(toMiddle.verdict()).as(toMiddle.toString()).isEqualTo(Verdict.CLEAN);
    assertThat(toLast.verdict()).as(toLast.toString()).isEqualTo(Verdict.CLEAN);
  }

  /** Row: TE-5 */
  @Test
  void verify_knownOrUnknownRun_takesTheSameTime() throws Exception {
    Finding found =
        compare(
            "known, unknown", lineages::verify, strange(known), strange(unknown), RUN_BOUND_NANOS);

    assertThat(found.verdict()).as(found.toString()).isEqualTo(Verdict.CLEAN);
  }

  /** Verifies as the library does, but compares characters up to the first that differs. */
  private void stopsEarly(RuntimeId id, String presented) throws NotAuthenticatedException {
    Presented.digest(Token.Kind.RUNTIME, presented);
    String expected = tokens.getOrDefault(id, "");
    for (int i = 0; i < presented.length(); i++) {
      if (presented.codePointAt(i) != expected.codePointAt(i)) {
        throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
      }
    }
  }

  /**
   * A comparison that stops at the first difference is found by the same code, thresholds and
   * retries; the same one with equal classes is not.
   */
  @Test
  void compare_verifierThatStopsEarly_leak() throws Exception {
    Verifier leaky = this::stopsEarly;

    Finding found =
        compare("leaky: first, last", leaky, wrongAt(FIRST), wrongAt(LAST), PLACE_BOUND_NANOS);
    Finding control =
        compare("leaky: A/A, last", leaky, wrongAt(LAST), wrongAt(LAST), PLACE_BOUND_NANOS);

    assertThat(found.verdict()).as(found.toString()).isEqualTo(Verdict.LEAK);
    assertThat(control.verdict()).as(control.toString()).isEqualTo(Verdict.CLEAN);
  }

  /** A verifier that spares itself the digest of an unknown run is found too. */
  @Test
  void compare_verifierThatAnswersUnknownRunsAtOnce_leak() throws Exception {
    Verifier leaky =
        (id, presented) -> {
          if (!tokens.containsKey(id)) {
            throw new NotAuthenticatedException(NotAuthenticatedException.Why.UNKNOWN);
          }
          lineages.verify(id, presented);
        };

    Finding found =
        compare("leaky: known, unknown", leaky, strange(known), strange(unknown), RUN_BOUND_NANOS);

    assertThat(found.verdict()).as(found.toString()).isEqualTo(Verdict.LEAK);
  }
}
