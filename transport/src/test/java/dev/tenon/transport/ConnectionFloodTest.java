package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.transport.Transport.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many connections that come to nothing, and one good one among them. */
@ParameterizedClass
@EnumSource(Speaker.class)
class ConnectionFloodTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final int FLOOD = 200;
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  private final List<Socket> sockets = new ArrayList<>();

  private Connections connections(Patience patience) {
    TlsProvider provider = TlsProvider.preferred();
    Transport serving =
        new Transport(
            new Handshakes(provider, TlsFloor.TLS_1_3, InstantSource.system()),
            new Sockets(Sockets.Kind.preferred()),
            -1,
            patience);
    return new Connections(serving, Transport.create(provider)).over(speaker);
  }

  private void flood(Endpoint to, String from) throws IOException {
    for (int i = 0; i < FLOOD; i++) {
      Socket socket = new Socket();
      sockets.add(socket);
      socket.bind(new InetSocketAddress(from, 0));
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), ((Endpoint.Tcp) to).port()));
    }
  }

  private void closeAll() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** Makes one call on a new connection, with all the time that a busy machine may need. */
  private void assertServed(Connections connections) {
    ClientTls tls = new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST);
    EchoRequest request = EchoRequest.getDefaultInstance();
    assertThat(
            EchoGrpc.newBlockingStub(connections.connect(tls))
                .withWaitForReady()
                .withDeadlineAfter(PATIENCE.toSeconds(), SECONDS)
                .unary(request))
        .isNotNull();
  }

  private static void awaitAllClosed(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      try {
        assertThat(socket.getInputStream().read()).isNegative();
      } catch (SocketTimeoutException e) {
        throw new AssertionError("open (expected: closed)", e);
      } catch (IOException e) {
        // Closed without a word.
      }
    }
  }

  /** Waits until {@code count} of the sockets are closed. */
  private void awaitClosed(int count) throws IOException {
    List<Socket> open = new ArrayList<>(sockets);
    for (Socket socket : open) {
      socket.setSoTimeout(20);
    }
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              open.removeIf(ConnectionFloodTest::isClosed);
              return open.size() == FLOOD - count;
            });
  }

  private static boolean isClosed(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // Closed without a word.
    }
  }

  /**
   * Two hundred connections without a word are closed when their time is over, and counted.
   *
   * <p>Row: PK-28
   */
  @Test
  void idleConnections_handshakeTimeOver_closedAndCounted() throws Exception {
    assertThat(Patience.DEFAULT.handshake()).isEqualTo(Duration.ofSeconds(5));
    Door open =
        new Door(
            new ConnectionLimits(1000, 1000, 32, 1000, 100, Duration.ofHours(1)), source -> true);
    try (Connections connections = connections(new Patience(Duration.ofMillis(500), LONG))) {
      flood(connections.serve(LOOPBACK, () -> host, open), "127.0.0.1");
      awaitAllClosed(sockets);

      // A peer sees its connection closed a moment before the server has counted it.
      await()
          .atMost(PATIENCE)
          .until(
              connections.serving::connectionCounts,
              new ConnectionCounts(FLOOD, 0, FLOOD, 0)::equals);
    } finally {
      closeAll();
    }
  }

  /**
   * Two hundred silent connections, more than there may be handshakes: a good one gets through at
   * once, long before the time of those is over.
   *
   * <p>Row: DS-8
   */
  @Test
  void halfOpenConnections_andAGoodOne_goodOneGetsThrough() throws Exception {
    try (Connections connections = connections(new Patience(LONG, LONG))) {
      flood(connections.serve(LOOPBACK, () -> host, Door.DEFAULT), "127.0.0.1");

      assertServed(connections);

      int most = ConnectionLimits.DEFAULT.handshakes();
      await()
          .atMost(PATIENCE)
          .until(() -> connections.serving.connectionCounts().refused() >= FLOOD - most);
    } finally {
      closeAll();
    }
  }

  /**
   * A TLS context is dear: it is made for a connection on which something was said, and for no
   * other.
   *
   * <p>Row: DS-8
   */
  @Test
  void silentConnections_untilTheFirstByte_noTlsContextIsMade() throws Exception {
    AtomicInteger contexts = new AtomicInteger();
    Supplier<Credentials> counting =
        () -> {
          contexts.incrementAndGet();
          return host;
        };
    try (Connections connections = connections(new Patience(LONG, LONG))) {
      flood(connections.serve(LOOPBACK, counting, Door.DEFAULT), "127.0.0.1");
      await()
          .atMost(PATIENCE)
          .until(() -> connections.serving.connectionCounts().accepted() == FLOOD);
      assertThat(contexts).hasValue(0);

      sockets.get(FLOOD - 1).getOutputStream().write(22); // The first byte of a ClientHello.

      await().atMost(PATIENCE).until(() -> contexts.get() == 1);
    } finally {
      closeAll();
    }
  }

  /**
   * An address over its rate is closed before TLS, whatever its ports; another one is served.
   *
   * <p>Row: DS-7
   */
  @Test
  void burstFromOneAddress_overItsRate_closedAndOthersServed() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Door.Rule tenOfTheSecond =
        source -> !source.name().equals("ip:127.0.0.2") || asked.incrementAndGet() <= 10;
    try (Connections connections = connections(new Patience(LONG, LONG))) {
      Door door = new Door(ConnectionLimits.DEFAULT, tenOfTheSecond);
      flood(connections.serve(LOOPBACK, () -> host, door), "127.0.0.2");
      awaitClosed(FLOOD - 10); // Which of them are let in depends on the loops.

      assertServed(connections);
      assertThat(connections.serving.connectionCounts().refused()).isEqualTo(FLOOD - 10);
    } finally {
      closeAll();
    }
  }

  /**
   * Another protocol than HTTP/2, or none, is refused in TLS.
   *
   * <p>Row: DS-17
   */
  @ParameterizedTest
  @ValueSource(strings = {"http/1.1", "h3", "h2c", ""})
  void alpn_otherThanH2_refused(String protocol) throws Exception {
    try (Connections connections = connections(new Patience(LONG, LONG))) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      try (SSLSocket socket = new RawTls(plugin, hosts.bundle()).socket(bound, "TLSv1.3")) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(
            protocol.isEmpty() ? new String[0] : new String[] {protocol});
        socket.setSSLParameters(parameters);
        assertThatThrownBy(
                () -> {
                  socket.startHandshake();
                  socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/Unary"));
                  while (socket.getInputStream().read() >= 0) {
                    // Whatever it is.
                  }
                  throw new IOException("closed");
                })
            .isInstanceOf(IOException.class);
      }
      assertThat(connections.echoes.peers()).isEmpty();
    }
  }
}
