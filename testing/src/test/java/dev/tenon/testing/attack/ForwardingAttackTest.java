package dev.tenon.testing.attack;

import static dev.tenon.testing.attack.RawProvider.all;
import static dev.tenon.testing.attack.RawProvider.frame;
import static dev.tenon.testing.attack.RawProvider.headers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.auth.policy.Policy;
import dev.tenon.core.BreakerPolicy;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.v1.Health;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What goes from a caller to a provider and back, when one of them means harm to the other. */
class ForwardingAttackTest {
  private static final String PATH = "/" + Scene.OTHER + "/Any";
  private static final String STREAM = "/" + InnocentEcho.SERVICE + "/ServerStream";
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String[] HEAD = {":status", "200", "content-type", "application/grpc"};

  /** Calls of a storm; a hundred of them are open at once. */
  private static final int CALLS = Integer.getInteger("tenon.floods", 2_000);

  private static final RawProvider PROVIDER = new RawProvider();

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(
          new Plan()
              .lasting(
                  "mallory",
                  mallory -> {
                    mallory.enrol(Scene.OTHER);
                    var unused = mallory.serve(PROVIDER);
                    var unusedId = mallory.register(Scene.OTHER);
                    mallory.report(Health.HEALTH_HEALTHY);
                  })
              .enrolled("eve")
              .set(host -> host.breaker(BreakerPolicy.NEVER)));

  @BeforeEach
  void allowCalls() {
    oracles.allow("eve call relay " + PATH + " success -");
    oracles.allow("eve call relay " + STREAM + " success -");
    PROVIDER.heads.clear();
    PROVIDER.resets.set(0);
    PROVIDER.answers(stream -> new byte[0]);
  }

  private static RawHttp2 connect() throws IOException {
    RawPlugin eve = oracles.plugin("eve");
    RawHttp2 connection = oracles.closing(RawHttp2.connect(eve.bootstrap.data(), eve));
    connection.agree();
    return connection;
  }

  private static List<String> fields(String path, String... more) {
    List<String> fields = new ArrayList<>(RawHttp2.request(path));
    fields.addAll(List.of("authorization", oracles.plugin("eve").bearer()));
    fields.addAll(List.of(more));
    return fields;
  }

  private static byte[] answer(int stream) {
    return RawProvider.answer(stream, new byte[5]);
  }

  /** Makes a call with {@code more} and returns its connection, when it has ended well. */
  private static RawHttp2 called(String... more) throws IOException {
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ true, fields(PATH, more));
    assertThat(connection.end(1)).startsWith("grpc 0");
    return connection;
  }

  private static Http2Headers arrived() {
    assertThat(PROVIDER.heads).hasSize(1);
    return PROVIDER.heads.element();
  }

  /** A caller that says it is another, or that the host chose for it. Attack: R6. */
  @Test
  void call_withTheHostsFields_writtenByTheHostAlone() throws IOException {
    PROVIDER.answers(ForwardingAttackTest::answer);
    var unused =
        called(
            "tenon-caller", "spiffe://forged/plugin",
            "x-plugin-provider", "forged",
            "x-plugin-runtime-id", "forged",
            "tenon-granted", "forged",
            "tenon-anything", "forged");

    assertThat(arrived().toString()).doesNotContain("forged");
    assertThat(arrived().getAll("tenon-caller"))
        .singleElement()
        .asString()
        .endsWith(oracles.plugin("eve").runtimeId());
  }

  /**
   * Tokens and cookies are between a peer and the host: a provider sees none of its caller's, nor a
   * caller of its provider's. Attack: R12, T27.
   */
  @Test
  void call_withCredentials_noneOfThemGoesOver() throws IOException {
    String ofCaller = oracles.canary();
    String ofProvider = oracles.canary();
    String[] held = {
      "set-cookie", ofProvider,
      "cookie", ofProvider,
      "authorization", ofProvider,
      "proxy-authenticate", ofProvider,
      "tenon-caller", ofProvider,
      "x-plugin-token", ofProvider
    };
    PROVIDER.answers(
        stream ->
            all(
                headers(stream, /* last= */ false, joined(HEAD, held)),
                frame(RawHttp2.DATA, 0, stream, new byte[5]),
                headers(
                    stream, /* last= */ true, joined(new String[] {"grpc-status", "0"}, held))));
    RawHttp2 connection =
        called(
            "cookie",
            "session=" + ofCaller,
            "cookie",
            ofCaller,
            "proxy-authorization",
            "Basic " + ofCaller,
            "x-plugin-token",
            ofCaller,
            "tenon-token",
            ofCaller,
            "x-passes",
            "this one");

    assertThat(arrived().toString())
        .doesNotContain(ofCaller, oracles.plugin("eve").token(), "cookie", "authorization")
        .contains("this one");
    assertThat(connection.fields()).contains("grpc-status").doesNotContain(ofProvider);
  }

  private static String[] joined(String[] one, String[] other) {
    List<String> joined = new ArrayList<>(List.of(one));
    joined.addAll(List.of(other));
    return joined.toArray(String[]::new);
  }

  /** The provider gets no more time than the caller gave, and what is no time goes nowhere. */
  @Test
  void call_withATime_noMoreIsForwarded() throws IOException {
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ true, fields(PATH, "grpc-timeout", "200m"));

    assertThat(connection.end(1)).startsWith("grpc 4: ");
    assertThat(millis(String.valueOf(arrived().get("grpc-timeout")))).isBetween(0L, 200L);
    connection.headers(3, /* last= */ true, fields(PATH, "grpc-timeout", "-1S"));
    assertThat(connection.end(3)).startsWith("grpc 3: ");
    assertThat(PROVIDER.heads).hasSize(1);
  }

  private static long millis(String timeout) {
    long digits = Long.parseLong(timeout.substring(0, timeout.length() - 1));
    return switch (timeout.charAt(timeout.length() - 1)) {
      case 'n' -> digits / 1_000_000;
      case 'u' -> digits / 1_000;
      case 'm' -> digits;
      default -> Long.MAX_VALUE;
    };
  }

  /**
   * Calls that end as soon as they begin: what the provider hears of is cancelled there. Attack:
   * R10, R11.
   */
  @Test
  void calls_ofOneMillisecond_cancelledUpstreamToo() throws IOException {
    for (int round = 0; round < CALLS / 100; round++) {
      try (RawHttp2 connection = connect()) {
        connection.hold();
        for (int i = 0; i < 100; i++) {
          connection.headers(2 * i + 1, /* last= */ true, fields(PATH, "grpc-timeout", "1m"));
        }
        connection.sendHeld();
        assertThat(connection.end(199)).startsWith("grpc 4: ");
      }
    }

    await().atMost(SOON).until(() -> PROVIDER.resets.get() == PROVIDER.heads.size());
  }

  /** Callers that have said all, of a provider that says nothing: they leave, and it is told. */
  @Test
  void calls_halfClosedAndLeft_cancelledUpstream() throws IOException {
    try (RawHttp2 connection = connect()) {
      for (int i = 0; i < 100; i++) {
        connection.headers(2 * i + 1, /* last= */ false, fields(PATH));
        connection.emptyMessage(2 * i + 1, /* last= */ true);
      }
      await().atMost(SOON).until(() -> PROVIDER.heads.size() == 100);
    }

    await().atMost(SOON).until(() -> PROVIDER.resets.get() == 100);
  }

  /** A provider that has answered a caller that goes on: it hears the end, and may not go on. */
  @Test
  void calls_answeredBeforeTheyAreHalfClosed_over() throws IOException {
    PROVIDER.answers(ForwardingAttackTest::answer);
    RawHttp2 connection = connect();
    for (int i = 0; i < 100; i++) {
      connection.headers(2 * i + 1, /* last= */ false, fields(PATH));
      assertThat(connection.end(2 * i + 1)).startsWith("grpc 0");
      connection.emptyMessage(2 * i + 1, /* last= */ false);
    }
    connection.headers(201, /* last= */ true, fields(PATH));

    assertThat(connection.end(201)).startsWith("grpc 0");
  }

  /**
   * Ten streams of ten million messages, of which their caller takes none: the provider has to
   * wait, and what is kept between them is bounded. Attack: R30. Row: DS-10.
   */
  @Test
  void streams_ofManyMessagesUnread_providerWaits() throws IOException {
    InnocentEcho echo = oracles.scene().echo;
    Usage before = Usage.now(oracles.scene().directory);
    long sent = echo.sent.get();
    int left = echo.left.get();
    byte[] request =
        EchoRequest.newBuilder()
            .setPayload(ByteString.copyFrom(new byte[1_000]))
            .setRepeat(10_000_000)
            .build()
            .toByteArray();
    byte[] framed = new byte[5 + request.length];
    System.arraycopy(RawHttp2.integer(request.length), 0, framed, 1, 4);
    System.arraycopy(request, 0, framed, 5, request.length);
    try (RawHttp2 connection = connect()) {
      for (int i = 0; i < 10; i++) {
        connection.headers(2 * i + 1, /* last= */ false, fields(STREAM));
        connection.frame(RawHttp2.DATA, 1, 2 * i + 1, framed);
      }
      connection.window(0, 1_000_000_000); // The streams' own windows close, one by one.
      await().atMost(SOON).until(() -> echo.waiting.get() >= 10);
      Usage meanwhile = Usage.now(oracles.scene().directory);

      assertThat(meanwhile.heap() + meanwhile.direct() - before.heap() - before.direct())
          .isLessThan(64L * 1024 * 1024);
      assertThat(echo.sent.get() - sent).isLessThan(20_000);
    }

    await().atMost(SOON).until(() -> echo.left.get() - left == 10);
  }

  /** A provider that fails everything is called once for each call. Attack: R33. */
  @Test
  void calls_allUnavailable_madeOnce() throws IOException {
    PROVIDER.answers(
        stream ->
            headers(stream, /* last= */ true, joined(HEAD, new String[] {"grpc-status", "14"})));
    RawHttp2 connection = connect();
    for (int i = 0; i < 50; i++) {
      connection.headers(2 * i + 1, /* last= */ true, fields(PATH));
      assertThat(connection.end(2 * i + 1)).startsWith("grpc 14: ");
    }

    assertThat(PROVIDER.heads).hasSizeLessThanOrEqualTo(50);
  }

  /** A call that is open when the policy takes it away. Attack: R37. */
  @Test
  void call_policyDeniesMeanwhile_ends() throws Exception {
    PROVIDER.answers(stream -> headers(stream, /* last= */ false, HEAD));
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ false, fields(PATH));
    await().atMost(SOON).until(() -> PROVIDER.heads.size() == 1);
    String rule = Scene.POLICY.substring(Scene.POLICY.indexOf("[[rule]]\nid = \"eve\""));
    String without = Scene.POLICY.replace(rule, "");

    oracles.scene().host().policy().replace(Policy.parse(without), "incident");
    try {
      assertThat(connection.end(1)).startsWith("grpc 7: ");
      await().atMost(SOON).until(() -> PROVIDER.resets.get() == 1);
    } finally {
      oracles.scene().host().policy().replace(Policy.parse(Scene.POLICY), "over");
    }
    oracles.allow("innocent call relay /testservice.v1.Echo/Unary success -"); // Told anew.
    oracles.expect(
        "eve call end " + PATH + " denied no rule",
        "host policy replace - success incident",
        "host policy replace - success over");
  }
}
