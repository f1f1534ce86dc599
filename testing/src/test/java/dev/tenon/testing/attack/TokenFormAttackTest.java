package dev.tenon.testing.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.Refusal;
import dev.tenon.testservice.v1.EchoGrpc;
import java.io.IOException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tokens in every form but the one. Whatever the form, the answer is that to no token at all. */
class TokenFormAttackTest {
  private static final String ECHO = "/" + EchoGrpc.getUnaryMethod().getFullMethodName();
  private static final String MISSING = "mallory authentication verify - denied missing";
  private static final String MALFORMED = "mallory authentication verify - denied malformed";
  private static final String DUPLICATE = "mallory authentication verify - denied duplicate";

  /** What the raw connection answers to a call without a token. */
  private static final String REFUSED = "grpc 16: not authenticated";

  /**
   * PROTOCOL_ERROR, before anybody is asked who calls: no field of HTTP/2 (RFC 9113, section 8.2.1)
   * has a control in it or a blank around it.
   */
  private static final String NO_REQUEST = "reset 1";

  @RegisterExtension static final Oracles oracles = Oracles.over(new Plan().enrolled("mallory"));

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  /** Both doors refuse {@code authorization} as they refuse a call without any. */
  private static void assertRefused(String record, String... authorization) {
    for (Door door : Door.values()) {
      Answer none = oracles.refused(() -> door.enter(mallory()));
      Answer some = oracles.refused(() -> door.enter(mallory(), authorization));
      oracles.expect(MISSING, record);
      assertThat(none.is(Refusal.NOT_AUTHENTICATED)).isTrue();
      oracles.sameAnswer(none, some);
    }
  }

  /** Calls Echo with these fields beside the ordinary ones, written byte by byte. */
  private static String raw(String path, String... fields) throws IOException {
    try (RawHttp2 connection = RawHttp2.connect(mallory().bootstrap.data(), mallory())) {
      List<String> all = new ArrayList<>(RawHttp2.request(path));
      all.addAll(Arrays.asList(fields));
      connection.headers(1, /* last= */ false, all);
      connection.emptyMessage(1, /* last= */ true);
      return connection.end(1);
    }
  }

  /** The control of all the others: the one right form is let in. */
  @Test
  void call_oneRightForm_letIn() throws IOException {
    oracles.expect("mallory discovery discover testservice.v1.Echo success allowed");
    oracles.expect("mallory call relay /testservice.v1.Echo/Unary success -");

    for (Door door : Door.values()) {
      door.enter(mallory(), mallory().bearer());
    }
    assertThat(raw(ECHO, "authorization", mallory().bearer())).isEqualTo("grpc 0: null");
  }

  /** No token. Attack: T1. Row: TE-1. */
  @Test
  void call_noToken_refused() {
    assertRefused(MISSING);
  }

  /** A token of nothing, which no stored digest may equal. Attack: T2. Row: TE-1. */
  @Test
  void call_emptyOrBlankToken_refused() throws IOException {
    assertRefused(MISSING, "");
    assertThat(raw(ECHO, "authorization", "   ")).isEqualTo(NO_REQUEST);
    assertRefused(MALFORMED, "Bearer");
    assertThat(raw(ECHO, "authorization", "Bearer ")).isEqualTo(NO_REQUEST);
  }

  /** The right token and a byte more. Attack: T4. Row: TE-1. */
  @Test
  void call_tokenAndOneByteMore_refused() throws IOException {
    assertRefused(MALFORMED, mallory().bearer() + "A");
    assertThat(raw(ECHO, "authorization", mallory().bearer() + "\0")).isEqualTo(NO_REQUEST);
    assertThat(raw(ECHO, "authorization", mallory().bearer() + "\n")).isEqualTo(NO_REQUEST);
    assertThat(raw(ECHO, "authorization", mallory().bearer() + "\r\nx: y")).isEqualTo(NO_REQUEST);
  }

  /** A reserved name beside the same in upper case, which HTTP/2 forbids. Row: PK-25. */
  @Test
  void call_reservedNameInUpperCase_doesNotArrive() throws IOException {
    String forged = "spiffe://tenon.internal/host/forged";

    String end =
        raw(
            ECHO,
            "authorization",
            mallory().bearer(),
            "Tenon-caller",
            forged,
            "tenon-caller",
            forged);

    assertThat(end).isEqualTo(NO_REQUEST);
  }

  /** A megabyte of token: refused for its size, before anything of it is looked at. Attack: T5. */
  @Test
  void call_megabyteToken_refusedBeforeItIsRead() throws IOException {
    String end = raw(ECHO, "authorization", "Bearer tnr_" + "A".repeat(1024 * 1024));

    assertThat(end).isIn("http 431", "closed", "goaway 1", "goaway 11");
  }

  /** Two tokens, a good one first or last: neither counts. Attack: T11. */
  @Test
  void call_twoTokens_refused() throws IOException {
    String bad = "Bearer tnr_" + "B".repeat(42) + "A";
    assertRefused(DUPLICATE, mallory().bearer(), bad);
    assertRefused(DUPLICATE, bad, mallory().bearer());
    assertRefused(DUPLICATE, mallory().bearer(), mallory().bearer());
    assertThat(raw(ECHO, "authorization", mallory().bearer(), "authorization", ""))
        .isEqualTo(REFUSED);
    oracles.expect(DUPLICATE);
  }

  /** Two tokens in one header. Attack: T12. */
  @Test
  void call_tokensWithCommaBetween_refused() {
    String bad = "tnr_" + "B".repeat(42) + "A";
    assertRefused(MALFORMED, mallory().bearer() + "," + bad);
    assertRefused(MALFORMED, mallory().bearer() + ", Bearer " + bad);
    assertRefused(MALFORMED, "Bearer " + bad + "," + mallory().token());
  }

  /** The scheme in every way but one. Attack: T14. */
  @Test
  void call_otherScheme_refused() throws IOException {
    String token = mallory().token();
    for (String scheme : List.of("bearer ", "BEARER ", "Bearer  ", "Basic ", "", "Bearer:")) {
      assertRefused(MALFORMED, scheme + token);
    }
    assertThat(raw(ECHO, "authorization", "Bearer\t" + token)).isEqualTo(REFUSED);
    oracles.expect(MALFORMED);
    assertThat(raw(ECHO, "authorization", " Bearer " + token)).isEqualTo(NO_REQUEST);
  }

  /** Characters that look like the token's, or are its in other bytes. Attack: T15. Row: TE-3. */
  @Test
  void call_lookAlikeCharacters_refused() throws IOException {
    String token = mallory().token();
    char last = token.charAt(token.length() - 1);
    String rest = token.substring(0, token.length() - 1);
    String fullWidth = rest + (char) (last - '!' + '\uff01');
    for (String form :
        List.of(
            inUtf8(fullWidth),
            inUtf8(Normalizer.normalize(rest + "\u212b", Normalizer.Form.NFD)),
            inUtf8(token + "\u200d"),
            rest + (char) (0xc0 | (last >>> 6)) + (char) (0x80 | (last & 0x3f)))) {
      assertThat(raw(ECHO, "authorization", "Bearer " + form)).isEqualTo(REFUSED);
      oracles.expect(MALFORMED);
    }
  }

  /** Returns the text whose Latin-1 bytes are the UTF-8 bytes of {@code text}. */
  private static String inUtf8(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** Other texts that decode to the same bytes. Attack: T16. */
  @Test
  void call_otherBase64OfTheSameBytes_refused() {
    String token = mallory().token();
    char last = token.charAt(token.length() - 1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char sameBits = alphabet.charAt(alphabet.indexOf(last) + 1);

    assertRefused(MALFORMED, "Bearer " + token.substring(0, token.length() - 1) + sameBits);
    assertRefused(MALFORMED, mallory().bearer() + "=");
    assertRefused(MALFORMED, mallory().bearer() + "==");
    assertRefused(MALFORMED, "Bearer tnr_" + "+/".repeat(21) + "A");
  }

  /** The token everywhere but where it belongs: not read there, and not shown. Attack: T17. */
  @Test
  void call_tokenElsewhere_refusedAndNotShown() throws IOException {
    String token = mallory().token();
    for (String[] place :
        List.of(
            new String[] {ECHO + "?access_token=" + token},
            new String[] {ECHO + "/" + token},
            new String[] {ECHO, "cookie", "authorization=" + token},
            new String[] {ECHO, "proxy-authorization", mallory().bearer()},
            new String[] {ECHO, "x-plugin-runtime-token", token},
            new String[] {ECHO, "host", token})) {
      String[] fields = Arrays.copyOfRange(place, 1, place.length);
      assertThat(raw(place[0], fields)).as(place[0].substring(0, 8)).isEqualTo(REFUSED);
      oracles.expect(MISSING);
    }
  }

  /** The token as the authority that is called, and in trailers after the call. Attack: T17. */
  @Test
  void call_tokenInAuthorityOrTrailers_refusedAndNotShown() throws IOException {
    List<String> authority = new ArrayList<>(RawHttp2.request(ECHO));
    authority.set(authority.indexOf("host.tenon.internal"), mallory().token());
    try (RawHttp2 connection = RawHttp2.connect(mallory().bootstrap.data(), mallory())) {
      connection.headers(1, /* last= */ true, authority);
      assertThat(connection.end(1)).isEqualTo(REFUSED);
      connection.headers(3, /* last= */ false, RawHttp2.request(ECHO));
      connection.emptyMessage(3, /* last= */ false);
      connection.headers(3, /* last= */ true, List.of("authorization", mallory().bearer()));
      // The trailers may come when the call has its answer already: then they are no call at all.
      assertThat(connection.end(3)).isNotEqualTo("grpc 0: null");
    }
    oracles.expect(2, MISSING);
  }
}
