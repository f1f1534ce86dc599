package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Requests whose form is another than that of a call: each is refused, no provider hears of it, and
 * neither log nor audit grows by what is in it.
 */
class CallFormAttackTest {
  private static final String ECHO = "/testservice.v1.Echo/Unary";
  private static final String OTHER = "/" + Scene.OTHER + "/Unary";
  private static final String PROTOCOL_ERROR = "reset 1"; // RFC 9113, section 7
  private static final String NOT_PROVIDED = "grpc 12: service not provided";

  /** A service of the host, which reads the messages that it is sent. */
  private static final Other SERVICE = new Other();

  @RegisterExtension
  static final Oracles oracles =
      Oracles.over(new Plan().enrolled("eve").set(host -> host.offers(Scene.OTHER, SERVICE)));

  private static final class Other extends OtherGrpc.OtherImplBase {
    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      calls.incrementAndGet();
      response.onNext(EchoResponse.getDefaultInstance());
      response.onCompleted();
    }
  }

  /** The threads of the service are there before anything is measured. */
  @BeforeAll
  static void startThreads() throws IOException {
    for (int i = 0; i < 20; i++) {
      assertThat(sent("identity", 0, new byte[0])).startsWith("grpc 0");
    }
  }

  private static RawHttp2 connect() throws IOException {
    RawPlugin eve = oracles.plugin("eve");
    return oracles.closing(RawHttp2.connect(eve.bootstrap.data(), eve));
  }

  /** Returns the fields of a call to {@code path}, in which {@code name} has another value. */
  private static List<String> with(String path, String name, String value) {
    List<String> fields = fields(path);
    fields.set(fields.indexOf(name) + 1, value);
    return fields;
  }

  private static List<String> fields(String path, String... more) {
    List<String> fields = new ArrayList<>(RawHttp2.request(path));
    fields.addAll(List.of("authorization", oracles.plugin("eve").bearer()));
    fields.addAll(List.of(more));
    return fields;
  }

  /** Sends these requests on one connection, and returns how the last one ended. */
  private static List<String> ends(List<List<String>> requests) throws IOException {
    RawHttp2 connection = connect();
    List<String> ends = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      connection.headers(2 * i + 1, /* last= */ true, requests.get(i));
      ends.add(connection.end(2 * i + 1));
    }
    return ends;
  }

  /** Returns how a call to each of {@code paths} ends. */
  private static List<String> ofPaths(List<String> paths) throws IOException {
    return ends(paths.stream().map(path -> fields(path)).toList());
  }

  /** Forms of a path in which another reader may see the one that is allowed. Attack: R1, R3. */
  @Test
  void path_inAnotherForm_notProvided() throws IOException {
    List<String> paths =
        List.of(
            "testservice.v1.Echo/Unary",
            "//testservice.v1.Echo/Unary",
            "/testservice.v1.Echo//Unary",
            "/testservice.v1.Echo/Unary/",
            "/testservice.v1.Echo/Unary?x",
            "/testservice.v1.Echo/Unary#f",
            "/x/../testservice.v1.Echo/Unary",
            "/./testservice.v1.Echo/Unary",
            "/testservice.v1.Echo%2FUnary",
            "/testservice.v1.%45cho/Unary",
            "/testservice.v1.Echo;v=1/Unary",
            "\\testservice.v1.Echo\\Unary",
            "https://host.tenon.internal/testservice.v1.Echo/Unary",
            "*",
            "/");

    assertThat(ofPaths(paths)).hasSameSizeAs(paths).containsOnly(NOT_PROVIDED);
    oracles.allow("eve call refuse - denied malformed path");
  }

  /** No path, a thousand times: no record, no line in the log for each. Attack: R2. */
  @Test
  void path_empty_resetForNothing() throws IOException {
    RawHttp2 connection = connect();
    connection.hold();
    for (int i = 0; i < 1_000; i++) {
      connection.headers(2 * i + 1, /* last= */ true, fields(""));
    }
    connection.sendHeld();

    assertThat(connection.end(1_999)).isIn(PROTOCOL_ERROR, "goaway 11", "closed");
    assertThat(ofPaths(List.of(""))).containsOnly(PROTOCOL_ERROR);
  }

  /**
   * Names of 200 bytes to 8 KiB, and such with controls in them: never written down. Attack: R5.
   */
  @Test
  void path_longOrWithControls_refusedAndShownNowhere() throws IOException {
    String canary = oracles.canary();
    String method = "/testservice.v1.Echo/" + canary;

    assertThat(ofPaths(List.of(method + "m".repeat(300), method + "m".repeat(4_000))))
        .containsOnly(NOT_PROVIDED);
    assertThat(ofPaths(List.of(method + "m".repeat(8_192)))).containsOnly("http 431");
    assertThat(ofPaths(List.of(method + "\n", method + "\u0000", method + "\r\nx: y")))
        .containsOnly(PROTOCOL_ERROR);
    assertThat(ofPaths(List.of(method + "\u00e9", method + "\u001b[2J")))
        .allMatch(end -> end.equals(NOT_PROVIDED) || end.equals(PROTOCOL_ERROR));
    oracles.allow("eve call refuse - denied malformed path");
  }

  /** What describes a connection of HTTP/1.1. Attack: R7. */
  @Test
  void fields_ofTheConnection_malformed() throws IOException {
    List<List<String>> requests = new ArrayList<>();
    for (String name :
        List.of("connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection")) {
      requests.add(fields(ECHO, name, "close"));
    }
    requests.add(with(ECHO, "te", "gzip"));

    assertThat(ends(requests)).hasSize(6).containsOnly(PROTOCOL_ERROR);
  }

  /** Fields that two readers may read as two requests. Attack: R8. */
  @Test
  void fields_ofTheRequestTwiceOrLate_malformed() throws IOException {
    List<String> withoutPath = fields(ECHO);
    withoutPath.subList(withoutPath.indexOf(":path"), withoutPath.indexOf(":path") + 2).clear();
    List<List<String>> requests =
        List.of(
            fields(ECHO, ":path", OTHER),
            fields(ECHO, ":authority", "other"),
            fields(ECHO, ":unknown", "x"),
            fields(ECHO, ":status", "200"),
            fields(ECHO, "content-length", "1", "content-length", "2"),
            fields(ECHO, "X-Upper", "x"),
            withoutPath);
    List<String> twice = new ArrayList<>(List.of(":path", OTHER));
    twice.addAll(fields(ECHO));

    assertThat(ends(requests)).hasSameSizeAs(requests).containsOnly(PROTOCOL_ERROR);
    assertThat(ends(List.of(twice))).containsOnly(PROTOCOL_ERROR);
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ false, fields(ECHO));
    connection.headers(1, /* last= */ true, List.of(":path", OTHER));
    assertThat(connection.end(1)).isEqualTo(PROTOCOL_ERROR);
    oracles.allow("eve call relay " + ECHO + " success -");
  }

  /**
   * What a page in a browser can send: forms of gRPC-Web and Connect, and a call under the name of
   * another host. The first are no calls; the last needs a certificate and a token like any other,
   * and goes where its path says. Attack: R35.
   */
  @Test
  void request_ofABrowser_notACall() throws IOException {
    List<List<String>> requests = new ArrayList<>();
    for (String type :
        List.of(
            "application/grpc-web+proto",
            "application/grpc-web-text",
            "text/plain",
            "application/json",
            "application/proto",
            "application/connect+proto")) {
      requests.add(with(ECHO, "content-type", type));
    }
    requests.add(with(ECHO, ":method", "GET"));
    requests.add(with(ECHO, ":method", "OPTIONS"));
    requests.add(with(ECHO + "?connect=v0&encoding=proto&message=%0a%00", ":method", "GET"));

    assertThat(ends(requests)).hasSameSizeAs(requests).containsOnly("grpc 13: not a call of gRPC");
    List<String> stranger = with(OTHER, ":authority", "evil.example");
    stranger.subList(stranger.indexOf("authorization"), stranger.size()).clear();
    stranger.addAll(List.of("origin", "https://evil.example"));
    assertThat(ends(List.of(stranger)).get(0)).startsWith("grpc 16: ");
    oracles.expect("eve authentication verify - denied missing");
  }

  /** HTTP/1.1, with and without an offer to go on in HTTP/2. Attack: R36. */
  @Test
  void connection_ofHttp1_ended() throws IOException {
    RawPlugin eve = oracles.plugin("eve");
    for (String request :
        List.of(
            String.join(
                "\r\n",
                "GET / HTTP/1.1",
                "Host: host.tenon.internal",
                "Connection: Upgrade, HTTP2-Settings",
                "Upgrade: h2c",
                "HTTP2-Settings: AAMAAABkAAQAAP__",
                "",
                ""),
            "POST " + ECHO + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc\r\n\r\n")) {
      try (RawHttp2 connection = RawHttp2.tls(eve.bootstrap.data(), eve)) {
        connection.bytes(request);
        assertThat(connection.goAway()).isIn(1, -1);
      }
    }
    try (RawHttp2 connection = RawHttp2.tls(eve.bootstrap.data(), eve, "http/1.1")) {
      connection.awaitClosed();
    } catch (SSLException e) {
      assertThat(e).hasMessageContaining("no_application_protocol");
    }
    oracles.allowConnections("eve", "data", "no HTTP/2");
  }

  /**
   * Messages that are much when they are inflated, say that they are compressed when they are not,
   * or in a way that nobody knows: for a service of the host, which inflates. Attack: R26. Row:
   * RT-23.
   */
  @Test
  void message_thatInflatesOrCannot_refused() throws IOException {
    int before = SERVICE.calls.get();
    byte[] bomb = gzip(new byte[16 * 1024 * 1024]);
    assertThat(bomb).hasSizeLessThan(20_000);

    assertThat(sent("gzip", 1, bomb)).startsWith("grpc 8: ");
    assertThat(sent("gzip", 1, gzip(bomb))).startsWith("grpc 3: ");
    assertThat(sent("snappy", 1, bomb)).startsWith("grpc 12: ");
    assertThat(sent("identity", 1, bomb)).startsWith("grpc 13: ");
    assertThat(sent("gzip", 2, bomb)).startsWith("grpc 13: ");
    assertThat(sent("gzip", 1, Arrays.copyOf(bomb, 1_000))).startsWith("grpc 13: ");
    assertThat(SERVICE.calls).hasValue(before);
    assertThat(sent("gzip", 1, gzip(new byte[0]))).startsWith("grpc 0");
    oracles.allow("eve call relay " + OTHER + " success -");
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    }
    return out.toByteArray();
  }

  private static String sent(String encoding, int flag, byte[] message) throws IOException {
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ false, fields(OTHER, "grpc-encoding", encoding));
    byte[] framed = new byte[5 + message.length];
    framed[0] = (byte) flag;
    System.arraycopy(RawHttp2.integer(message.length), 0, framed, 1, 4);
    System.arraycopy(message, 0, framed, 5, message.length);
    for (int at = 0; at < framed.length; at += 16_384) {
      int end = Math.min(framed.length, at + 16_384);
      connection.frame(
          RawHttp2.DATA, end == framed.length ? 1 : 0, 1, Arrays.copyOfRange(framed, at, end));
    }
    return connection.end(1);
  }
}
