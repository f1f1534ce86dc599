package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tenon.auth.issue.EmbeddedAuthority;
import dev.tenon.auth.issue.Role;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import dev.tenon.core.TrustDomain;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.StringWriter;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Attack: make the host print its secrets, by text form or exception. */
class SecretsInTextTest {
  private static final RuntimeId WORDS = new RuntimeId("words-0000000000000001");
  private static final RuntimeId LOG = new RuntimeId("log-0000000000000002");

  private final InstantSource clock = InstantSource.system();
  private final TokenMint mint = new TokenMint(new SecureRandom());
  private final EnrolmentTokens enrolment =
      new EnrolmentTokens(mint, clock, EnrolmentTokens.DEFAULT_LIFE);
  private final Lineages lineages =
      new Lineages(mint, clock, Lineages.DEFAULT_TOKEN_LIFE, Lineages.DEFAULT_GRACE);

  /**
   * No text form of a type that holds a token or a digest shows either.
   *
   * <p>Row: SL-3
   */
  @Test
  void toString_everyHolderOfASecret_redacted() throws Exception {
    PublicKey key = TestKeys.key();
    Issued issued = lineages.open(WORDS, key);
    Token token = issued.token();
    Digest digest = Digest.of(token);
    Expiry expiry = new Clocks(clock, System::nanoTime).after(Duration.ofHours(1));
    Lineage.Generation generation = new Lineage.Generation(Digest.of(key), digest, expiry);
    Lineage lineage = Lineage.of(generation).succeededBy(generation, expiry);
    List<Object> holders =
        List.of(
            issued,
            digest,
            generation,
            lineage,
            Objects.requireNonNull(lineage.succession()),
            mint,
            lineages,
            enrolment,
            EmbeddedAuthority.create(
                new TrustDomain("example.org"), Role.HOST, clock, new SecureRandom()));
    for (Object holder : holders) {
      assertClean(holder.toString(), token);
      assertThat(holder).isNotInstanceOf(Serializable.class);
    }
    assertThat(issued.toString()).contains("redacted");
    assertThat(digest).hasToString("Digest[redacted]");
  }

  /**
   * No refusal shows what was presented.
   *
   * <p>Row: SL-3
   */
  @Test
  void exceptions_everyRefusal_noSecret() throws Exception {
    Token runtime = lineages.open(WORDS, TestKeys.key()).token();
    String text = runtime.exposeForWire();
    assertClean(trace(catchThrowable(() -> lineages.verify(LOG, text))), runtime);
    assertClean(trace(catchThrowable(() -> lineages.verify(WORDS, text + "\n"))), runtime);
    Token enrol = enrolment.issue(WORDS).token();
    String enrolText = enrol.exposeForWire();
    assertClean(trace(catchThrowable(() -> enrolment.redeem(LOG, enrolText))), enrol);
    assertClean(trace(catchThrowable(() -> enrolment.redeem(WORDS, enrolText))), enrol);
  }

  private static String trace(Throwable thrown) {
    assertThat(thrown).isNotNull();
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static void assertClean(String text, Token token) {
    // Any nine characters of a secret in a row are too many.
    String secret = token.exposeForWire().substring(4);
    String digest = HexFormat.of().formatHex(token.sha256());
    for (String hidden : List.of(secret, digest)) {
      for (int at = 0; at + 9 <= hidden.length(); at++) {
        assertThat(text).doesNotContain(hidden.substring(at, at + 9));
      }
    }
  }
}
