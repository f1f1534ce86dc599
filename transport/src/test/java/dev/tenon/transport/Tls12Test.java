package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.SpiffeId;
import io.grpc.ManagedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS 1.2, where the option allows it: with every check, and without what made it weak. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class Tls12Test {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int CONNECTIONS = 10;
  private static final String PATH = "/testservice.v1.Echo/Unary";

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  private static Transport transport(TlsProvider provider) {
    return Connections.patient(provider, TlsFloor.TLS_1_2);
  }

  private Connections connections(TlsProvider provider) {
    return new Connections(transport(provider), Connections.patient(provider, TlsFloor.TLS_1_3))
        .over(speaker);
  }

  /**
   * One client of TLS 1.2 alone, which would like to resume its session: its certificate is checked
   * on each of ten connections. Without the option it is refused, see {@link TlsFloorTest}.
   *
   * <p>Row: PK-1, PK-3
   */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withTls12AloneTenTimes_servedAndCheckedEachTime(TlsProvider provider)
      throws Exception {
    try (Connections connections = connections(provider)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      RawTls client = new RawTls(plugin, hosts.bundle());
      for (int i = 1; i <= CONNECTIONS; i++) {
        try (SSLSocket socket = client.socket(bound, "TLSv1.2")) {
          socket.startHandshake();
          assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
          call(socket, connections, i);
        }
        assertThat(connections.serving.trustChecks()).isEqualTo(i);
      }
      assertThat(connections.echoes.peers())
          .allSatisfy(peer -> assertThat(peer.id()).contains(SpiffeId.parse(PLUGIN)));
    }
  }

  private static void call(SSLSocket socket, Connections connections, int number)
      throws IOException {
    socket.getOutputStream().write(RawTls.request(PATH));
    await().atMost(SOON).until(() -> connections.echoes.peers().size() == number);
  }

  /** A certificate of somebody else's is refused in the handshake, as in TLS 1.3. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_withCertificateOfAnotherAuthority_fails(TlsProvider provider) throws Exception {
    Credentials theirs = new TestAuthority().leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
    try (Connections connections = connections(provider)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      try (SSLSocket socket = new RawTls(theirs, hosts.bundle()).socket(bound, "TLSv1.2")) {
        assertThatThrownBy(
                () -> {
                  socket.startHandshake();
                  awaitEnd(socket);
                  throw new SSLException("ended after the handshake");
                })
            .isInstanceOf(IOException.class)
            .hasMessageNotContaining("ended after");
      }
      assertThat(connections.echoes.peers()).isEmpty();
    }
  }

  /** Ephemeral keys and authenticated encryption, or nothing. Attack: X13. Row: PK-3. */
  @ParameterizedTest
  @CsvSource({
    "BORINGSSL, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "BORINGSSL, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "JDK, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "JDK, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
  })
  void connect_withAWeakSuite_fails(TlsProvider provider, String suite) throws Exception {
    try (Connections connections = connections(provider)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      assertThat(handshake(bound, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"))
          .isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
      assertThatThrownBy(() -> handshake(bound, suite)).isInstanceOf(SSLException.class);
    }
  }

  private String handshake(Endpoint to, String suite) throws Exception {
    try (SSLSocket socket = new RawTls(plugin, hosts.bundle()).socket(to, "TLSv1.2")) {
      socket.setEnabledCipherSuites(new String[] {suite});
      socket.startHandshake();
      return socket.getSession().getCipherSuite();
    }
  }

  /** Whatever the libraries would offer by themselves (RFC 9113, appendix A). Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void suites_ofBothSides_areEphemeralAndAuthenticated(TlsProvider provider) throws Exception {
    Handshakes handshakes = new Handshakes(provider, TlsFloor.TLS_1_2, InstantSource.system());
    ServerTls server =
        new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
    ClientTls client = new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST);
    for (SslContext context :
        List.of(
            handshakes.server(server, host, Handshakes.Checks.ON_LOOP, fault -> {}),
            handshakes.client(client, end -> {}))) {
      assertThat(context.cipherSuites())
          .isNotEmpty()
          .allMatch(
              suite ->
                  suite.matches(
                      "TLS_(ECDHE_(ECDSA|RSA)_WITH_)?"
                          + "(AES_(128|256)_GCM_SHA(256|384)|CHACHA20_POLY1305_SHA256)"));
      ReferenceCountUtil.release(context);
    }
  }

  /** TLS 1.0 and 1.1 are told that their version is none of ours. Attack: X13. Row: PK-3. */
  @ParameterizedTest
  @CsvSource({"BORINGSSL, 1", "BORINGSSL, 2", "JDK, 1", "JDK, 2"})
  void connect_withOlderVersion_protocolVersionAlert(TlsProvider provider, int minor)
      throws Exception {
    try (Connections connections = connections(provider)) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), bound.port())) {
        socket.setSoTimeout((int) SOON.toMillis());
        socket.getOutputStream().write(clientHello(minor));

        byte[] alert = socket.getInputStream().readNBytes(7);

        assertThat(alert).hasSize(7);
        assertThat(alert[0]).as("alert (RFC 5246, section 7.2)").isEqualTo((byte) 21);
        assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
      }
    }
  }

  /** Returns a ClientHello of SSL 3 plus {@code minor} (RFC 4346, section 7.4.1.2). */
  private static byte[] clientHello(int minor) {
    HexFormat hex = HexFormat.of();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {3, (byte) minor});
    body.writeBytes(new byte[32]); // random
    body.writeBytes(hex.parseHex("00" + "0004c009c013" + "0100")); // session, suites, compression
    body.writeBytes(hex.parseHex("000e" + "000a000400020017" + "000b00020100")); // P-256
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes(new byte[] {22, 3, (byte) minor, 0, (byte) (body.size() + 4)});
    record.writeBytes(new byte[] {1, 0, 0, (byte) body.size()});
    record.writeBytes(body.toByteArray());
    return record.toByteArray();
  }

  /** A client that begins a second handshake, to keep us at work. Attack: X14. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void renegotiate_byTheClient_connectionEnds(TlsProvider provider) throws Exception {
    try (Connections connections = connections(provider)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host);
      try (SSLSocket socket = new RawTls(plugin, hosts.bundle()).socket(bound, "TLSv1.2")) {
        socket.startHandshake();
        call(socket, connections, 1);
        socket.setSoTimeout((int) SOON.toMillis());

        renegotiate(socket);

        assertThat(connections.serving.trustChecks()).isEqualTo(1);
        await().atMost(SOON).until(() -> connections.serving.connectionCounts().accepted() == 1);
      }
    }
  }

  /** The server that we connect to does the same. Attack: X14. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void renegotiate_byTheServer_connectionEnds(TlsProvider provider) throws Exception {
    try (Transport transport = transport(provider);
        SSLServerSocket server = RawTls.listen(plugin, hosts.bundle())) {
      Made made = connect(transport, server);
      try (SSLSocket socket = RawTls.accept(server, "TLSv1.2")) {
        socket.startHandshake();

        renegotiate(socket);

        assertThat(transport.trustChecks()).isEqualTo(1);
      } finally {
        made.end();
      }
    }
  }

  private static void renegotiate(SSLSocket socket) throws SocketTimeoutException {
    byte[] session = socket.getSession().getId();
    try {
      socket.startHandshake();
      awaitEnd(socket);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // Ended in the handshake.
    }
    assertThat(socket.getSession().getId()).as("the first handshake's").isEqualTo(session);
  }

  private static void awaitEnd(SSLSocket socket) throws IOException {
    while (socket.getInputStream().read() >= 0) {
      // What was sent before.
    }
  }

  /** A connection that is made, or tried to. */
  @FunctionalInterface
  private interface Made {
    void end() throws Exception;
  }

  private Made connect(Transport transport, SSLServerSocket server) {
    PeerRule itsPlugin = PeerRule.exactly(SpiffeId.parse(PLUGIN));
    Endpoint to = new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
    ClientTls tls = new ClientTls(() -> host, itsPlugin, Dns.PLUGIN);
    if (speaker == Speaker.LINKS) {
      CompletableFuture<Links.Taken> made = new CompletableFuture<>();
      Loop loop = transport.loops().get(0);
      transport.connect(to, tls, OptionalInt.empty(), loop, Links.into(made, Links.Taken::new));
      return () -> {
        var unused = made.thenAccept(taken -> loop.execute(taken.link::abort));
      };
    }
    ManagedChannel channel = transport.channel(to, tls).build();
    var unused = channel.getState(/* requestConnection= */ true);
    return () ->
        assertThat(channel.shutdownNow().awaitTermination(SOON.toSeconds(), SECONDS)).isTrue();
  }

  /** A server of TLS 1.2 alone is connected to by option, and checked each time. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_toServerOfTls12Alone_checkedEachTime(TlsProvider provider) throws Exception {
    try (Transport transport = transport(provider);
        SSLServerSocket server = RawTls.listen(plugin, hosts.bundle())) {
      for (int i = 1; i <= CONNECTIONS; i++) {
        Made made = connect(transport, server);
        try (SSLSocket socket = RawTls.accept(server, "TLSv1.2")) {
          socket.startHandshake();
          assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
          made.end();
        }
        assertThat(transport.trustChecks()).isEqualTo(i);
      }
    }
  }

  /** Without the option it is not, and nothing of it is looked at. Row: PK-3. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void connect_toServerOfTls12AloneByDefault_fails(TlsProvider provider) throws Exception {
    try (Transport transport = Transport.create(provider);
        SSLServerSocket server = RawTls.listen(plugin, hosts.bundle())) {
      Made made = connect(transport, server);
      try (SSLSocket socket = RawTls.accept(server, "TLSv1.2")) {
        assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        made.end();
      }
      assertThat(transport.trustChecks()).isZero();
    }
  }

  /** The line that a host prints at its start says so. */
  @Test
  void describe_withTls12_namesIt() {
    try (Transport transport = transport(TlsProvider.JDK)) {
      assertThat(transport.describe()).endsWith(", TLS 1.3 and 1.2 by JDK TLS");
    }
  }
}
