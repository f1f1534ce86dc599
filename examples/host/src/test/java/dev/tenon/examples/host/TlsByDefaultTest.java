package dev.tenon.examples.host;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host that listens on TCP and was told nothing about TLS. */
final class TlsByDefaultTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int LIMIT_MILLIS = 60_000;

  /** Connection preface and an empty SETTINGS frame (RFC 9113, sections 3.4 and 6.5). */
  private static final byte[] HTTP2 =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(US_ASCII);

  /** The content type of an alert (RFC 8446, section 5.1). */
  private static final int TLS_ALERT = 21;

  private Place place;

  @BeforeEach
  void makePlace() throws IOException {
    place = Place.make();
  }

  @AfterEach
  void removePlace() throws IOException {
    place.close();
  }

  /**
   * It does not answer in clear, and not a client that has no certificate.
   *
   * <p>Row: CF-3, PK-24
   */
  @ParameterizedTest
  @ValueSource(strings = {"control", "data"})
  void run_withTcpAddress_speaksMutualTlsAlone(String plane) throws Exception {
    int port = freePort();
    place.configure("[%s]\nlisten = \"tcp:127.0.0.1:%d\"".formatted(plane, port));
    try (HostProcess host = run()) {
      await().atMost(LIMIT).until(() -> host.out().equals("running: 7 plugins\n"));

      assertThat(answerInClear(port)).as("first byte of the answer to HTTP/2").isIn(-1, TLS_ALERT);
      assertThatThrownBy(() -> readWithoutCertificate(port))
          .isInstanceOfAny(SSLException.class, SocketException.class);
    }
  }

  /**
   * What the file says of TLS is checked first: nothing is started, made or bound.
   *
   * <p>Row: CF-3
   */
  @ParameterizedTest
  @ValueSource(strings = {"provider = \"none\"", "provider = \"\"", "enabled = false"})
  void run_withWrongTlsSection_endsBeforeAnySocket(String line) throws Exception {
    int port = freePort();
    place.configure("[data]\nlisten = \"tcp:127.0.0.1:%d\"\n[tls]\n%s".formatted(port, line));
    int wrong = Files.readAllLines(place.config()).indexOf(line) + 1;
    try (HostProcess host = run()) {
      assertThat(host.status()).isEqualTo(3);
      assertThat(host.err()).startsWith(place.config() + ":" + wrong + ": tls.").hasLineCount(1);
      assertThat(place.run()).doesNotExist();
      assertThat(place.state()).doesNotExist();
      new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
    }
  }

  private HostProcess run() throws IOException {
    return HostProcess.start(place, List.of("run", "--config", place.config().toString()));
  }

  /** Returns the first byte of the answer; -1 if there is none. */
  private static int answerInClear(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(HTTP2);
      return socket.getInputStream().read();
    } catch (SocketException e) { // reset
      return -1;
    }
  }

  private static int readWithoutCertificate(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(null, new TrustManager[] {new TrustsAnybody()}, new SecureRandom());
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(HTTP2);
      return socket.getInputStream().read();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  /** A client that does not care who the server is. */
  private static final class TrustsAnybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
