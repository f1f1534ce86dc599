package dev.tenon.host.probe;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tenon.transport.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Probes over HTTP, by a real client and by hostile ones.
 *
 * <p>Row: LC-4
 */
class ProbeServerTest {
  private static final Endpoint.Tcp ANY_PORT = ProbeServer.address("tcp:127.0.0.1:0");
  private static final Duration EVER = Duration.ofHours(1);
  private static final int LIMIT_MILLIS = 60_000;

  private ProbeServer server;

  @BeforeEach
  void open() throws IOException {
    server = ProbeServer.open(ANY_PORT);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.address().port() + path))
                .method(method, BodyPublishers.noBody())
                .timeout(Duration.ofMillis(LIMIT_MILLIS))
                .build(),
            BodyHandlers.ofString());
  }

  private Socket connect(String begin) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().port());
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.getOutputStream().write(begin.getBytes(US_ASCII));
    return socket;
  }

  /** Returns whether the server has ended the connection without an answer; waits for that. */
  private static boolean isCutOff(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketException e) {
      return true; // reset
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /healthz, NOT_READY, 200, ok",
    "GET, /healthz, READY, 200, ok",
    "GET, /readyz, NOT_READY, 503, not ready",
    "GET, /readyz, READY, 200, ready",
    "GET, /readyz?verbose, READY, 200, ready",
    "HEAD, /healthz, READY, 200, ''",
    "HEAD, /readyz, NOT_READY, 503, ''",
    "POST, /healthz, READY, 405, not allowed",
    "DELETE, /readyz, READY, 405, not allowed",
    "OPTIONS, /readyz, READY, 405, not allowed",
    "GET, /, READY, 404, not found",
    "GET, /healthz/, READY, 404, not found",
    "GET, /readyz/../healthz, READY, 404, not found",
    "GET, /metrics, READY, 404, not found",
    "POST, /metrics, READY, 404, not found",
  })
  void answer_anyRequest_isOneOfThese(
      String method, String path, Readiness readiness, int status, String text) throws Exception {
    server.say(readiness);

    HttpResponse<String> answer = ask(method, path);

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo(text);
    assertThat(answer.headers().firstValue("allow").orElse(""))
        .isEqualTo(status == 405 ? "GET, HEAD" : "");
  }

  /** No name, no version. */
  @Test
  void answer_headers_tellNothingOfTheServer() throws Exception {
    assertThat(Set.of("date", "content-type", "content-length", "cache-control", "connection"))
        .containsAll(ask("GET", "/healthz").headers().map().keySet());
  }

  /** Clients that never finish their requests take no place from one that does. */
  @Test
  void answer_besideManySlowClients_comesAtOnce() throws Exception {
    server.close();
    server = ProbeServer.open(ANY_PORT, new Exchanges(4, EVER));
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      slow.add(connect("GET /readyz HTTP/1.1\r\nX-Slow: "));
    }

    assertThat(ask("GET", "/healthz").body()).isEqualTo("ok");

    int cutOff = 0;
    for (Socket socket : slow.subList(0, 32)) {
      cutOff += isCutOff(socket) ? 1 : 0;
      socket.close();
    }
    assertThat(cutOff).isEqualTo(32);
    for (Socket socket : slow) {
      socket.close();
    }
  }

  /** One that has the server for itself is cut off too: nobody keeps a thread. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /readyz HTTP/1.1\r\nX-Slow: ",
        "G",
        "POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nabc"
      })
  void answer_slowClientAlone_isCutOff(String begin) throws Exception {
    server.close();
    server = ProbeServer.open(ANY_PORT, new Exchanges(4, Duration.ofMillis(200)));
    try (Socket socket = connect(begin)) {
      byte[] all = socket.getInputStream().readAllBytes(); // ends, by whichever of both ways
      assertThat(all.length).isLessThan(1_000);
    } catch (java.net.SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
    assertThat(ask("GET", "/healthz").body()).isEqualTo("ok");
  }

  /** What is no HTTP ends that connection, and nothing else. */
  @ParameterizedTest
  @ValueSource(
      strings = {"\r\n\r\n", "GET\r\n\r\n", "GET mailto:x HTTP/1.1\r\n\r\n", "\u0016\u0003"})
  void answer_noHttp_harmsNobody(String begin) throws Exception {
    try (Socket socket = connect(begin)) {
      socket.shutdownOutput();
      try {
        var unused = socket.getInputStream().readAllBytes();
      } catch (java.net.SocketException e) {
        assertThat(e).hasMessageContaining("reset");
      }
    }
    assertThat(ask("GET", "/readyz").body()).isEqualTo("not ready");
  }

  @Test
  void close_ofAServer_givesThePortBack() throws Exception {
    Endpoint.Tcp address = server.address();
    server.close();

    ProbeServer again = ProbeServer.open(address);
    assertThat(again.address()).isEqualTo(address);
    again.close();
  }

  @Test
  void open_portThatIsTaken_saysWhich() {
    assertThatIOException()
        .isThrownBy(() -> ProbeServer.open(server.address()))
        .withMessageStartingWith("probes: " + server.address() + ": ");
  }

  @Test
  void address_loopback_isTaken() {
    assertThat(ProbeServer.address("tcp:[::1]:7074")).isEqualTo(new Endpoint.Tcp("::1", 7074));
    assertThat(ProbeServer.address("tcp:127.1.2.3:1").port()).isEqualTo(1);
  }

  /** They are in clear, so nobody but this machine gets to them; a name others may resolve. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tcp:0.0.0.0:7074",
        "tcp:10.0.0.1:7074",
        "tcp:[::]:7074",
        "tcp:[::ffff:10.0.0.1]:7074",
        "tcp:localhost:7074",
        "unix:/tmp/probes",
        "http://127.0.0.1:7074",
        "7074"
      })
  void address_anythingElse_isRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> ProbeServer.address(text));
  }
}
