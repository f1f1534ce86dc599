package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.Server;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A transport's own life, and the kinds of sockets. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class TransportTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  private static Transport nio(TlsProvider provider) {
    return new Transport(
        new Handshakes(provider, TlsFloor.TLS_1_3, InstantSource.system()),
        new Sockets(Sockets.Kind.NIO),
        -1,
        Transport.Patience.DEFAULT);
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("tenon-") || name.startsWith("grpc-"))
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void close_afterCalls_releasesEveryThread(TlsProvider provider) throws Exception {
    await().atMost(Duration.ofSeconds(60)).until(() -> threads().isEmpty());
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      connections.call(() -> plugin, "x");
      assertThat(threads()).anyMatch(name -> name.startsWith("tenon-io"));
    }
    await().atMost(Duration.ofSeconds(60)).until(() -> threads().isEmpty());
  }

  @Test
  void close_ofOneTransport_leavesTheOther() throws Exception {
    Transport other = Transport.create(TlsProvider.preferred());
    try (Connections connections =
        new Connections(TlsProvider.preferred(), TlsProvider.preferred()).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      other.close();
      assertThat(connections.call(() -> plugin, "x")).isEqualTo("x");
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void nio_overTcp_works(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(nio(provider), nio(provider)).over(speaker)) {
      connections.serve(LOOPBACK, () -> host);
      assertThat(connections.call(() -> plugin, "x")).isEqualTo("x");
      assertThat(connections.serving.describe()).startsWith("NIO, TCP only, TLS 1.3 by ");
    }
  }

  @Test
  void nio_unixSocket_refuses() {
    Endpoint unix = new Endpoint.Unix(Path.of("/run/tenon/s"));
    try (Transport transport = nio(TlsProvider.JDK)) {
      assertThatThrownBy(
              () ->
                  transport.server(
                      unix,
                      new ServerTls(
                          () -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Unix sockets need Linux with epoll");
      assertThatThrownBy(
              () ->
                  transport.channel(
                      unix, new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Unix sockets need Linux with epoll");
    }
  }

  @Test
  void describe_tellsSocketsAndTls() {
    try (Transport transport = Transport.create(TlsProvider.JDK)) {
      assertThat(transport.describe()).endsWith(", TLS 1.3 by JDK TLS");
      assertThat(transport.provider()).isEqualTo(TlsProvider.JDK);
    }
    assertThat(TlsProvider.preferred().isAvailable()).isTrue();
  }

  @Test
  void boundEndpoint_ofPortZero_hasThePort() throws Exception {
    try (Connections connections = new Connections(TlsProvider.JDK, TlsProvider.JDK)) {
      Endpoint.Tcp bound = (Endpoint.Tcp) connections.serve(LOOPBACK, () -> host);
      assertThat(bound.host()).isEqualTo("127.0.0.1");
      assertThat(bound.port()).isPositive();
      Server stopped = connections.server().shutdownNow();
      stopped.awaitTermination();
      assertThatThrownBy(() -> Transport.boundEndpoint(LOOPBACK, stopped))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void server_withoutCredentials_closesConnectionsAndRecovers(TlsProvider provider)
      throws Exception {
    AtomicLong asked = new AtomicLong();
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      connections.serve(
          LOOPBACK,
          () -> asked.incrementAndGet() == 1 ? Credentials.trustOnly(plugins.bundle()) : host);
      assertThatThrownBy(() -> connections.call(() -> plugin, "x"))
          .hasMessageContaining("UNAVAILABLE");
      assertThat(connections.call(() -> plugin, "x")).isEqualTo("x");
    }
  }

  /** Calls that keep a server's threads busy keep nobody from being heard. */
  @Test
  void handshake_whereTheServersThreadsDoNothing_ends() throws Exception {
    assumeTrue(TlsProvider.BORINGSSL.isAvailable(), "by the JDK, grpc-java uses those threads");
    ServerTls tls =
        new ServerTls(() -> host, ServerTls.ClientAuth.REQUIRED, Connections.ITS_PLUGINS);
    try (Transport transport = Transport.create(TlsProvider.BORINGSSL)) {
      Server server = transport.server(LOOPBACK, tls).executor(task -> {}).build().start();
      try (Socket socket =
          new RawTls(plugin, hosts.bundle()).connect(Transport.boundEndpoint(LOOPBACK, server))) {
        assertThat(socket.getInputStream().read()).isNotNegative(); // of its SETTINGS
      }
      server.shutdownNow();
    }
  }

  @Test
  void credentials_thatDoNotFit_refuse() {
    KeyPair other = CertificateRequest.newKeyPair();
    assertThatThrownBy(() -> Credentials.of(other.getPrivate(), host.chain(), hosts.bundle()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key: not that of the first certificate");
    assertThatThrownBy(() -> Credentials.of(other.getPrivate(), List.of(), hosts.bundle()))
        .hasMessageContaining("chain: empty");
    assertThatThrownBy(() -> Credentials.trustOnly(List.of()))
        .hasMessageContaining("trust bundle: empty");
  }
}
