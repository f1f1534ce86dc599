package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.transport.Transport.Patience;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links that are made, or not; what the server's certificate is refused for is elsewhere. */
final class ConnectTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private static Endpoint loopback(ServerSocket server) {
    return new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
  }

  @Test
  void connect_whereNobodyListens_fails() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      Endpoint nowhere = loopback(gone);
      gone.close();

      assertThat(links.refusal(nowhere, links.clientTls())).isInstanceOf(ConnectException.class);
    }
  }

  /** A name is looked up, and each of its addresses tried. */
  @Test
  void connect_byName_findsTheServer() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint.Tcp bound = (Endpoint.Tcp) links.listen(LOOPBACK, Links.Echo::new);

      Links.Taken client =
          links.connect(new Endpoint.Tcp("localhost", bound.port()), Links.Taken::new);
      client.send("x");

      client.awaitEvents("x");
    }
  }

  /** Nothing is given to a link before its server has agreed on HTTP/2. Row: DS-17. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_toServerWithoutHttp2_fails(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider);
        SSLServerSocket server = RawTls.listen(links.host, links.plugins.bundle())) {
      CompletableFuture<Links.Taken> made = new CompletableFuture<>();
      links.calling.connect(
          loopback(server),
          links.clientTls(),
          OptionalInt.empty(),
          links.calling.loops().get(0),
          Links.into(made, Links.Taken::new));
      try (SSLSocket socket = RawTls.accept(server, "TLSv1.3")) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[0]);
        socket.setSSLParameters(parameters);
        try {
          socket.startHandshake();
          assertThat(socket.getInputStream().read()).isNegative();
        } catch (IOException e) {
          // It is gone already.
        }
      }

      assertThat(made)
          .failsWithin(SOON)
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withCauseInstanceOf(SSLException.class)
          .withMessageContaining("expected: h2");
    }
  }

  /** A server that accepts, and is silent. */
  @Test
  void connect_toSilentServer_failsInTime() throws Exception {
    Patience shortly = new Patience(Duration.ofMillis(300), SOON);
    TlsProvider provider = TlsProvider.preferred();
    try (Links links =
            new Links(
                Connections.patient(provider, TlsFloor.TLS_1_3),
                Connections.patient(provider, TlsFloor.TLS_1_3, shortly));
        ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(links.refusal(loopback(silent), links.clientTls()))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("took longer");
    }
  }

  /** Who is told of a server's certificate is told of the connection's end, once. */
  @Test
  void connect_andEnd_serverRuleIsToldOfBoth() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      ServerRule counting =
          chain -> {
            begun.incrementAndGet();
            return Optional.of(ended::incrementAndGet);
          };
      ClientTls plain = links.clientTls();
      ClientTls tls =
          new ClientTls(plain.credentials(), plain.peers(), counting, plain.serverName());

      Links.Taken client = links.connect(bound, tls, OptionalInt.empty(), Links.Taken::new);
      assertThat(begun).hasValue(1);
      assertThat(ended).hasValue(0);
      client.link.loop().execute(client.link::end);

      await().atMost(SOON).until(() -> ended.get() == 1);
      client.closed.get(60, SECONDS);
      assertThat(ended).hasValue(1);

      ServerRule none = chain -> Optional.empty();
      ClientTls refusing =
          new ClientTls(plain.credentials(), plain.peers(), none, plain.serverName());
      assertThat(links.refusal(bound, refusing)).isInstanceOf(SSLException.class);
    }
  }

  /** What cannot even begin is told as well. */
  @Test
  void connect_withoutCredentials_fails() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      ClientTls plain = links.clientTls();
      ClientTls broken =
          new ClientTls(
              () -> {
                throw new IllegalStateException("none yet");
              },
              plain.peers(),
              plain.serverName());

      assertThat(links.refusal(bound, broken)).hasMessage("none yet");
    }
  }

  @Test
  void connect_misused_refuses() {
    Links links = new Links(TlsProvider.JDK);
    Loop loop = links.calling.loops().get(0);
    Endpoint.Unix unix = new Endpoint.Unix(Path.of("/run/tenon/s"));
    LinkConnector connector = Links.into(new CompletableFuture<>(), Links.Taken::new);
    try (Transport nio =
        new Transport(
            new Handshakes(TlsProvider.JDK, TlsFloor.TLS_1_3, InstantSource.system()),
            new Sockets(Sockets.Kind.NIO),
            -1,
            Patience.DEFAULT)) {
      ServerTls server =
          new ServerTls(() -> links.host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
      assertThatThrownBy(
              () -> nio.listen(unix, server, Door.DEFAULT, List.of(), link -> new Links.Echo(link)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Unix sockets need Linux with epoll");
      assertThatThrownBy(
              () ->
                  nio.connect(
                      unix, links.clientTls(), OptionalInt.empty(), nio.loops().get(0), connector))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Unix sockets need Linux with epoll");
    }
    links.close();
    assertThatThrownBy(
            () ->
                links.calling.connect(
                    new Endpoint.Tcp("127.0.0.1", 1),
                    links.clientTls(),
                    OptionalInt.empty(),
                    loop,
                    connector))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
