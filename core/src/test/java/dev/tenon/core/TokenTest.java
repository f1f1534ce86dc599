package dev.tenon.core;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.core.Token.Kind;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The one text form of a token, and that it shows itself nowhere else. Row: TK-1. */
class TokenTest {
  private static final byte[] SECRET = secret();
  private static final String TEXT = Token.of(Kind.RUNTIME, SECRET).exposeForWire();

  private static byte[] secret() {
    byte[] secret = new byte[Token.SIZE_BYTES];
    for (int i = 0; i < secret.length; i++) {
      secret[i] = (byte) (i * 8 - 5); // some become - or _ in base64url
    }
    return secret;
  }

  @Test
  void exposeForWire_prefixAnd43Characters() {
    assertThat(TEXT).matches("tnr_[A-Za-z0-9_-]{43}");
    assertThat(Token.of(Kind.ENROLMENT, SECRET).exposeForWire()).startsWith("tne_");
  }

  /** Every secret comes back from its text, as its kind alone. */
  @Property
  void parse_ownText_roundTrip(@ForAll @Size(32) byte[] secret) {
    if (Arrays.equals(secret, new byte[32])) {
      return;
    }
    String text = Token.of(Kind.RUNTIME, secret).exposeForWire();

    assertThat(Token.parse(Kind.RUNTIME, text).map(Token::exposeForWire)).contains(text);
    assertThat(Token.parse(Kind.ENROLMENT, text)).isEmpty();
  }

  static Stream<String> otherTexts() {
    String body = TEXT.substring(4);
    String standard = "tnr_" + Base64.getEncoder().withoutPadding().encodeToString(SECRET);
    return Stream.of(
        "",
        "tnr_",
        body,
        "tne_" + body,
        "TNR_" + body,
        "tnr-" + body,
        "tnx_" + body,
        TEXT + "=",
        TEXT.substring(0, 46) + "=",
        TEXT + "A",
        TEXT.substring(0, 46),
        " " + TEXT,
        TEXT + " ",
        TEXT + "\n",
        TEXT + "\0",
        TEXT.substring(0, 46) + "\n",
        TEXT.substring(0, 46) + "\0",
        TEXT.substring(0, 46) + "\u0410",
        TEXT.substring(0, 46) + "\uff21",
        "\u0442nr_" + body,
        "Bearer " + TEXT,
        standard,
        "tnr_" + "A".repeat(43),
        "tnr_" + "/".repeat(43),
        "tnr_" + "+".repeat(43));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("otherTexts")
  void parse_other_empty(String text) {
    assertThat(Token.parse(Kind.RUNTIME, text)).isEmpty();
  }

  /** The last character has two bits to spare; only zeros are canonical. */
  @Test
  void parse_unusedBitsSet_empty() {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(TEXT.charAt(46));
    assertThat(last % 4).isZero();
    for (int spare = 1; spare < 4; spare++) {
      String twin = TEXT.substring(0, 46) + alphabet.charAt(last + spare);
      assertThat(Base64.getUrlDecoder().decode(twin.substring(4))).isEqualTo(SECRET);

      assertThat(Token.parse(Kind.RUNTIME, twin)).isEmpty();
    }
  }

  @Test
  void of_otherLengthOrZero_refusedWithoutSecret() {
    for (byte[] secret : new byte[][] {{}, new byte[31], new byte[33], new byte[32]}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Token.of(Kind.RUNTIME, secret))
          .withMessageContaining("(expected: ");
    }
  }

  @Test
  void of_sourceChanges_unaffected() {
    byte[] source = SECRET.clone();
    Token token = Token.of(Kind.RUNTIME, source);

    Arrays.fill(source, (byte) 1);

    assertThat(token.exposeForWire()).isEqualTo(TEXT);
  }

  @Test
  void sha256_textForm_digested() throws Exception {
    assertThat(Token.of(Kind.RUNTIME, SECRET).sha256())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(TEXT.getBytes(US_ASCII)));
  }

  @Test
  void toString_redacted() {
    Token token = Token.of(Kind.RUNTIME, SECRET);

    assertThat(token).hasToString("Token[RUNTIME, redacted]");
    assertThat(token.kind()).isEqualTo(Kind.RUNTIME);
  }

  /** Two tokens of one secret are not equal: nobody compares secrets with equals. */
  @Test
  void equals_sameSecret_notEqual() {
    assertThat(Token.of(Kind.RUNTIME, SECRET)).isNotEqualTo(Token.of(Kind.RUNTIME, SECRET));
  }
}
