package dev.tenon.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.PluginName;
import dev.tenon.core.Refusal;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.Token;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenMintTest {
  private static final PluginName WORDS = new PluginName("words");
  private static final int MANY = 100_000;

  private final TestRandom random = new TestRandom();
  private final TokenMint mint = new TokenMint(random);

  /**
   * A token carries 32 random bytes, and each bit is set in about half of all tokens.
   *
   * <p>Row: TK-1
   */
  @Test
  void mint_manyTimes_allDistinctAndBitsBalanced() throws Exception {
    Set<String> seen = new HashSet<>();
    int[] ones = new int[Token.SIZE_BYTES * Byte.SIZE];
    for (int i = 0; i < MANY; i++) {
      String text = mint.mint(Token.Kind.RUNTIME).exposeForWire();
      assertThat(text).hasSize(47).startsWith("tnr_");
      byte[] secret = Base64.getUrlDecoder().decode(text.substring(4));
      assertThat(secret).hasSize(32);
      seen.add(text);
      for (int bit = 0; bit < ones.length; bit++) {
        ones[bit] += (secret[bit / Byte.SIZE] >> (bit % Byte.SIZE)) & 1;
      }
    }
    assertThat(seen).hasSize(MANY);
    // Ten standard deviations (158 each) around the mean.
    assertThat(Arrays.stream(ones).boxed())
        .allSatisfy(count -> assertThat(count).isBetween(48_420, 51_580));
  }

  /**
   * A generator that throws, brings zeros or repeats itself brings INTERNAL, not a weaker secret.
   *
   * <p>Row: HS-9
   */
  @ParameterizedTest
  @EnumSource(names = "WORKS", mode = EnumSource.Mode.EXCLUDE)
  void mint_failingGenerator_refusedForEveryKindOfSecret(TestRandom.Mode failure) throws Exception {
    random.turn(failure);
    if (failure == TestRandom.Mode.STUCK) {
      mint.registrationId(); // nobody can tell the first output of a stuck generator
    }
    assertThatThrownBy(() -> mint.mint(Token.Kind.RUNTIME))
        .isInstanceOfSatisfying(
            RandomSourceFailedException.class,
            e -> {
              assertThat(e.refusal()).isEqualTo(Refusal.INTERNAL);
              assertThat(e.publicText()).isEqualTo("internal error");
            });
    assertThatThrownBy(() -> mint.mint(Token.Kind.ENROLMENT))
        .isInstanceOf(RandomSourceFailedException.class);
    assertThatThrownBy(() -> mint.runtimeId(WORDS, id -> false))
        .isInstanceOf(RandomSourceFailedException.class);
    assertThatThrownBy(mint::registrationId).isInstanceOf(RandomSourceFailedException.class);
  }

  @Test
  void mint_generatorThrows_causeKept() {
    random.turn(TestRandom.Mode.THROWS);
    assertThatThrownBy(() -> mint.mint(Token.Kind.RUNTIME))
        .hasCauseInstanceOf(ProviderException.class);
  }

  @Test
  void mint_generatorRecovers_works() throws Exception {
    random.turn(TestRandom.Mode.THROWS);
    assertThatThrownBy(() -> mint.mint(Token.Kind.RUNTIME))
        .isInstanceOf(RandomSourceFailedException.class);
    random.turn(TestRandom.Mode.WORKS);
    assertThat(mint.mint(Token.Kind.RUNTIME).kind()).isEqualTo(Token.Kind.RUNTIME);
  }

  @Test
  void runtimeId_collision_drawnAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    RuntimeId id = mint.runtimeId(WORDS, taken -> asked.incrementAndGet() < 4);
    assertThat(asked).hasValue(4);
    assertThat(id.plugin()).isEqualTo(WORDS);
  }

  @Test
  void runtimeId_allTaken_refusedAfterBoundedDraws() {
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(() -> mint.runtimeId(WORDS, taken -> asked.incrementAndGet() > 0))
        .isInstanceOf(RandomSourceFailedException.class);
    assertThat(asked).hasValue(8);
  }

  @Test
  void registrationAndGrantId_anyTime_32HexDigitsThatDiffer() throws Exception {
    TokenMint fresh = new TokenMint(new SecureRandom());
    assertThat(Set.of(fresh.registrationId(), fresh.grantId()))
        .hasSize(2)
        .allSatisfy(id -> assertThat(id).matches("[0-9a-f]{32}"));
  }
}
