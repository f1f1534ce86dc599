package dev.tenon.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.PluginName;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.SpiffeId;
import dev.tenon.core.Token;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bootstrap document. */
final class BootstrapTest {
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Token TOKEN = Token.of(Token.Kind.ENROLMENT, filled(7));
  private static final Bootstrap BOOTSTRAP =
      new Bootstrap(
          new PluginName("words"),
          new RuntimeId("words-0123456789abcdef"),
          Endpoint.parse("unix:/run/tenon/host/e"),
          Endpoint.parse("unix:/run/tenon/host/c"),
          Endpoint.parse("tcp:[::1]:7070"),
          Dns.HOST,
          (SpiffeId.OfHost) SpiffeId.parse("spiffe://test.example/host/h1"),
          List.of(AUTHORITY.certificate(), new TestAuthority().certificate()),
          TOKEN,
          Instant.parse("2030-01-02T03:04:05Z"),
          Endpoint.parse("unix:/run/tenon/p/words-0123456789abcdef/s"));
  private static final String LINE = BOOTSTRAP.toJsonLine();

  private static byte[] filled(int value) {
    byte[] secret = new byte[Token.SIZE_BYTES];
    Arrays.fill(secret, (byte) value);
    return secret;
  }

  private static Bootstrap parse(String line) {
    return Bootstrap.parse(line.getBytes(UTF_8));
  }

  @Test
  void toJsonLine_parsedAgain_isTheSame() {
    Bootstrap parsed = parse(LINE);
    assertThat(parsed)
        .usingRecursiveComparison()
        .ignoringFields("enrolmentToken", "trustBundle")
        .isEqualTo(BOOTSTRAP);
    assertThat(parsed.trustBundle()).isEqualTo(BOOTSTRAP.trustBundle());
    assertThat(parsed.enrolmentToken().exposeForWire()).isEqualTo(TOKEN.exposeForWire());
  }

  @Test
  void toJsonLine_hasTheKeysOfTheProtocol() {
    assertThat(LINE)
        .startsWith("{\"tenon\":1,\"plugin\":\"words\",\"runtime_id\":\"words-0123456789abcdef\"")
        .contains("\"enrol\":\"unix:/run/tenon/host/e\",\"control\":\"unix:/run/tenon/host/c\"")
        .contains("\"data\":\"tcp:[::1]:7070\",\"server_name\":\"host.tenon.internal\"")
        .contains("\"host_id\":\"spiffe://test.example/host/h1\",\"trust_bundle\":\"-----BEGIN")
        .contains("\"enrolment_token\":\"tne_")
        .endsWith(
            "\"expires\":\"2030-01-02T03:04:05Z\","
                + "\"listen\":\"unix:/run/tenon/p/words-0123456789abcdef/s\"}\n")
        .containsOnlyOnce("\n");
  }

  @Test
  void parse_unknownKeysAndNoLineFeed_isAccepted() {
    String more = LINE.strip().replaceFirst("\\{", "{\"later\":{\"a\":[1,null,true]},\"n\":1.5,");
    assertThat(parse(more).plugin()).isEqualTo(new PluginName("words"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "null",
        "[]",
        "{}",
        "{\"tenon\":1}",
        "{\"tenon\":\"1\"}",
        "{tenon:1}",
        "\uFEFF{}"
      })
  void parse_notTheDocument_refuses(String line) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bootstrap: ");
  }

  /** A line cut anywhere is refused as such. Row: VA-9. */
  @Test
  void parse_anyBeginOfTheDocument_refuses() {
    byte[] whole = LINE.strip().getBytes(UTF_8);
    for (int length = 0; length < whole.length; length++) {
      byte[] begin = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Bootstrap.parse(begin))
          .as("%d bytes", length)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("bootstrap: ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"tenon\":1 | \"tenon\":2",
        "\"tenon\":1 | \"tenon\":1.0",
        "\"tenon\":1 | \"tenon\":\"1\"",
        "\"tenon\":1, | \"tenon\":1,\"tenon\":1,",
        "\"tenon\":1, | \"tenon\":1,\"x\":1,\"x\":2,",
        "\"tenon\":1, | \"tenon\":1,,",
        "\"tenon\":1, | \"tenon\":1,/**/",
        "\"tenon\":1, | 'tenon':1,",
        "\"words\" | \"sums\"",
        "\"words\" | 7",
        "\"words\" | null",
        "words-0123456789abcdef\",\"enrol | words\",\"enrol",
        "unix:/run/tenon/host/e | unix:run/e",
        "unix:/run/tenon/host/e | http://h",
        "host.tenon.internal | host.tenon.internal.",
        "test.example/host/h1 | test.example/host/h1/plugin/words/words-0123456789abcdef",
        "-----BEGIN CERTIFICATE-----\\n | x-----BEGIN CERTIFICATE-----\\n",
        "-----END CERTIFICATE-----\\n-- | -----END CERTIFICATE-----\\n\\n--",
        "2030-01-02T03:04:05Z | 2030-01-02",
        "\"tne_ | \"tnr_",
        "\"tne_ | \"tne_A"
      })
  void parse_spoiltField_refusesWithoutTheToken(String from, String to) {
    String spoilt = LINE.replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to));
    assertThat(spoilt).isNotEqualTo(LINE);
    assertRefusedWithoutToken(spoilt);
  }

  /** No message shows the token, wherever it stands. Row: SL-3. */
  @Test
  void parse_tokenInEachField_neverShowsIt() {
    String token = TOKEN.exposeForWire();
    for (String value :
        List.of(
            "\"words\"",
            "\"words-0123456789abcdef\"",
            "\"unix:/run/tenon/host/e\"",
            "\"host.tenon.internal\"",
            "\"spiffe://test.example/host/h1\"",
            "\"2030-01-02T03:04:05Z\"")) {
      assertRefusedWithoutToken(LINE.replace(value, "\"" + token + "\""));
    }
    assertRefusedWithoutToken(
        LINE.replaceFirst("\"tenon\":1", "\"tenon\":1,\"" + token + "\":1,\"" + token + "\":1"));
    assertRefusedWithoutToken(LINE.strip() + "\"" + token + "\"");
  }

  private static void assertRefusedWithoutToken(String line) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            e -> {
              StringWriter trace = new StringWriter();
              e.printStackTrace(new PrintWriter(trace));
              assertThat(trace.toString()).doesNotContain(TOKEN.exposeForWire().substring(4, 20));
            });
  }

  @Test
  void parse_lineBreakInside_refuses() {
    assertThatThrownBy(() -> parse(LINE + "\n")).hasMessageContaining("a line break");
    assertThatThrownBy(() -> parse(LINE + LINE)).hasMessageContaining("a line break");
    assertThatThrownBy(() -> parse(LINE.strip() + "\r\n")).hasMessageContaining("a line break");
    assertThatThrownBy(() -> parse(LINE.strip() + LINE)).hasMessageContaining("bootstrap: ");
  }

  @Test
  void parse_notUtf8_refuses() {
    byte[] line = LINE.getBytes(UTF_8);
    line[5] = (byte) 0xFF;
    assertThatThrownBy(() -> Bootstrap.parse(line)).hasMessageContaining("not UTF-8");
  }

  @Test
  void parse_aroundTheLimit_isExact() {
    String padded = LINE.strip() + " ".repeat(Bootstrap.MAX_BYTES - LINE.length()) + "\n";
    assertThat(padded).hasSize(Bootstrap.MAX_BYTES);
    assertThat(parse(padded).plugin()).isNotNull();
    assertThatThrownBy(() -> parse(" " + padded)).hasMessageContaining("65537 bytes");
  }

  /** Row: SL-3. */
  @Test
  void toString_isRedacted() {
    assertThat(BOOTSTRAP.toString())
        .isEqualTo("Bootstrap[words-0123456789abcdef of spiffe://test.example/host/h1, redacted]");
    Credentials credentials = AUTHORITY.leaf("spiffe://a/host/b", "x").credentials(AUTHORITY);
    assertThat(credentials.toString())
        .isEqualTo("Credentials[key redacted, chain of 1, trust bundle of 1]");
  }

  @Test
  void constructor_emptyTrustBundle_refuses() {
    assertThatThrownBy(
            () ->
                new Bootstrap(
                    BOOTSTRAP.plugin(),
                    BOOTSTRAP.runtimeId(),
                    BOOTSTRAP.enrol(),
                    BOOTSTRAP.control(),
                    BOOTSTRAP.data(),
                    BOOTSTRAP.serverName(),
                    BOOTSTRAP.hostId(),
                    List.of(),
                    TOKEN,
                    BOOTSTRAP.expires(),
                    BOOTSTRAP.listen()))
        .hasMessageContaining("trust bundle: empty");
  }
}
