package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Token;
import io.grpc.Metadata;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attacks T1, T2, T4, T11, T12, T14, T15, T16: only one form of one header is a token. */
final class BearerTokenTest {
  private static final String TOKEN = text(Token.Kind.RUNTIME);

  private static String text(Token.Kind kind) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    Arrays.fill(secret, (byte) 7);
    return Token.of(kind, secret).exposeForWire();
  }

  private static Metadata headers(String... values) {
    Metadata headers = new Metadata();
    for (String value : values) {
      headers.put(BearerToken.AUTHORIZATION, value);
    }
    return headers;
  }

  private static void assertRefused(Why why, String... values) {
    assertThatThrownBy(() -> BearerToken.presented(headers(values)))
        .isInstanceOfSatisfying(
            NotAuthenticatedException.class, refused -> assertThat(refused.why()).isEqualTo(why))
        .hasMessageNotContaining(TOKEN);
  }

  @Test
  void oneValueOfTheOneForm_isTheToken() throws Exception {
    assertThat(BearerToken.presented(headers("Bearer " + TOKEN))).isEqualTo(TOKEN);
  }

  @Test
  void noHeader_isMissing() {
    assertRefused(Why.MISSING);
    assertRefused(Why.MISSING, "");
    assertRefused(Why.MISSING, "   ");
  }

  @Test
  void anySecondValue_isDuplicate() {
    String good = "Bearer " + TOKEN;
    assertRefused(Why.DUPLICATE, good, good);
    assertRefused(Why.DUPLICATE, good, "Bearer bad");
    assertRefused(Why.DUPLICATE, "Bearer bad", good);
    assertRefused(Why.DUPLICATE, "", good);
  }

  static Stream<String> otherForms() {
    return Stream.of(
        TOKEN,
        "bearer " + TOKEN,
        "BEARER " + TOKEN,
        "Bearer" + TOKEN,
        "Bearer",
        "Bearer ",
        "Bearer  " + TOKEN,
        "Bearer\t" + TOKEN,
        "Bearer \t" + TOKEN,
        " Bearer " + TOKEN,
        "Basic " + TOKEN,
        "Bearer " + TOKEN + " ",
        "Bearer " + TOKEN + "\n",
        "Bearer " + TOKEN + "\0",
        "Bearer " + TOKEN + "A",
        "Bearer " + TOKEN + "=",
        "Bearer " + TOKEN.substring(0, TOKEN.length() - 1),
        "Bearer " + TOKEN.replace("tnr_", "TNR_"),
        "Bearer " + TOKEN.substring(0, TOKEN.length() - 1) + "\uff11",
        "Bearer " + TOKEN + ",Bearer " + TOKEN,
        "Bearer " + TOKEN + ", " + TOKEN,
        "Bearer " + text(Token.Kind.ENROLMENT));
  }

  @ParameterizedTest(name = "[{index}]")
  @MethodSource("otherForms")
  void anyOtherForm_isMalformed(String value) {
    assertRefused(Why.MALFORMED, value);
  }
}
