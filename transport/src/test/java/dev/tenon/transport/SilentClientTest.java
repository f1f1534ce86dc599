package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Transport.Patience;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that connect and then keep the server waiting. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class SilentClientTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final Duration SHORT = Duration.ofMillis(500);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int MOST_TRIES = 20;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  private Connections connections(TlsProvider provider, Patience patience) {
    Transport serving =
        new Transport(
            new Handshakes(provider, TlsFloor.TLS_1_3, InstantSource.system()),
            new Sockets(Sockets.Kind.preferred()),
            -1,
            patience);
    return new Connections(serving, Transport.create(provider)).over(speaker);
  }

  /**
   * Not at once, which would be for another reason; {@code begin} is before the server could know.
   */
  private static void assertEndsInTime(Socket socket, byte[] trickle, long begin) throws Exception {
    RawTls.awaitEnd(socket, trickle, 100);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(SHORT);
  }

  /** What the limits are unless a test sets others. */
  @Test
  void patience_byDefault_isFiveSecondsEach() {
    assertThat(Patience.DEFAULT)
        .isEqualTo(new Patience(SHORT.multipliedBy(10), Duration.ofSeconds(5)));
  }

  /** Attack H7: TCP, and then nothing. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_thenSilence_isClosed(TlsProvider provider) throws Exception {
    try (Connections connections = connections(provider, new Patience(SHORT, LONG))) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      long begin = System.nanoTime();
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bound.port())) {
        assertEndsInTime(socket, new byte[0], begin);
      }
    }
  }

  /** Attack H8: a ClientHello byte by byte. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void clientHello_byteByByte_isClosed(TlsProvider provider) throws Exception {
    byte[] hello = Arrays.copyOf(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 252, 3, 3}, 512);
    try (Connections connections = connections(provider, new Patience(SHORT, LONG))) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      long begin = System.nanoTime();
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bound.port())) {
        assertEndsInTime(socket, hello, begin);
      }
    }
  }

  /** Attack H9: TLS, and then nothing. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void tlsDone_thenSilence_isClosed(TlsProvider provider) throws Exception {
    assertClosedAfterTls(provider, new Patience(SHORT, LONG), new byte[0], new byte[0]);
  }

  /** Attack H9: the HTTP/2 preface byte by byte. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void preface_byteByByte_isClosed(TlsProvider provider) throws Exception {
    assertClosedAfterTls(
        provider,
        new Patience(SHORT, LONG),
        new byte[0],
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
  }

  /** Attack H9: HTTP/2 with a request, and no word about the server's SETTINGS. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void settings_neverAcknowledged_isClosed(TlsProvider provider) throws Exception {
    assertClosedAfterTls(
        provider,
        new Patience(LONG, SHORT),
        RawTls.request("/testservice.v1.Echo/Unary"),
        new byte[0]);
  }

  private void assertClosedAfterTls(
      TlsProvider provider, Patience patience, byte[] atOnce, byte[] trickle) throws Exception {
    try (Connections connections = connections(provider, patience)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      Shaken shaken = shakeHands(bound);
      try (Socket socket = shaken.socket()) {
        socket.getOutputStream().write(atOnce);
        socket.getOutputStream().flush();
        assertEndsInTime(socket, trickle, shaken.begin());
      }
    }
  }

  /** A connection with TLS, and when it was begun. */
  private record Shaken(Socket socket, long begin) {}

  /** Connects; on a busy machine a first handshake can outlast the server's patience. */
  private Shaken shakeHands(Endpoint bound) throws Exception {
    for (int tries = 1; ; tries++) {
      long begin = System.nanoTime();
      try {
        return new Shaken(new RawTls(plugin, hosts.bundle()).connect(bound), begin);
      } catch (IOException e) {
        if (tries == MOST_TRIES) {
          throw e;
        }
      }
    }
  }

  /** A client that has begun HTTP/2 may be silent for as long as it likes. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void http2Begun_thenSilence_staysOpen(TlsProvider provider) throws Exception {
    try (Connections connections = connections(provider, new Patience(SHORT, SHORT))) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      ManagedChannel channel =
          connections.connect(new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST));
      var unused =
          EchoGrpc.newBlockingStub(channel)
              .withWaitForReady() // tries again, as shakeHands does
              .withDeadlineAfter(LONG.toSeconds(), SECONDS)
              .unary(EchoRequest.getDefaultInstance());
      Shaken later = shakeHands(bound);
      try (Socket socket = later.socket()) {
        assertEndsInTime(socket, new byte[0], later.begin());
      }
      Connections.call(channel, "x");
      assertThat(connections.echoes.peers().stream().map(Peer::connection).distinct()).hasSize(1);
    }
  }
}
