package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.SpiffeId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the door is told of peers that are refused in their handshake. */
@ParameterizedClass
@EnumSource(Speaker.class)
final class HandshakeFaultsTest {
  @Parameter Speaker speaker = Speaker.GRPC_JAVA;

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final LinkedBlockingQueue<HandshakeFault> faults = new LinkedBlockingQueue<>();

  private final Door door =
      new Door(
          ConnectionLimits.DEFAULT,
          source -> true,
          new Door.Refusals() {
            @Override
            public void refused(Source source, HandshakeFault fault) {
              faults.add(fault);
            }

            @Override
            public void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {}
          });

  /** Each fault that a client can be made to have, by both libraries. Row: DS-17. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void handshake_withAFault_theDoorIsToldWhich(TlsProvider provider) throws Exception {
    try (Connections connections = new Connections(provider, provider).over(speaker)) {
      Endpoint bound = connections.serve(LOOPBACK, () -> host, door);
      Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

      assertTold(HandshakeFault.NO_TLS, plain(bound));
      assertTold(HandshakeFault.OLD_TLS, tls(bound, plugin, "TLSv1.2", "h2"));
      assertTold(HandshakeFault.NOT_HTTP2, tls(bound, plugin, "TLSv1.3", ""));
      assertTold(
          HandshakeFault.UNTRUSTED,
          tls(
              bound,
              new TestAuthority().leaf(PLUGIN, Dns.PLUGIN).credentials(hosts),
              "TLSv1.3",
              "h2"));
      assertTold(
          HandshakeFault.SELF_SIGNED,
          tls(
              bound,
              TestAuthority.selfSigned(PLUGIN, Dns.PLUGIN).credentials(hosts),
              "TLSv1.3",
              "h2"));
      assertTold(
          HandshakeFault.OUT_OF_DATE,
          tls(
              bound,
              plugins
                  .leaf(PLUGIN, Dns.PLUGIN)
                  .valid(Instant.EPOCH, Instant.now().minusSeconds(1))
                  .credentials(hosts),
              "TLSv1.3",
              "h2"));
      assertTold(
          HandshakeFault.UNFIT,
          tls(bound, plugins.leaf(HOST, Dns.PLUGIN).credentials(hosts), "TLSv1.3", "h2"));

      assertThat(connections.echoes.arrived()).isZero();
      assertThat(connections.call(() -> plugin, "innocent")).isEqualTo("innocent");
      assertThat(faults).isEmpty();
    }
  }

  private void assertTold(HandshakeFault expected, Socket peer) throws Exception {
    try (peer) {
      assertThat(faults.poll(60, SECONDS)).isEqualTo(expected);
      if (!peer.isClosed()) {
        RawTls.awaitEnd(peer, new byte[0], 100);
      }
    }
  }

  private static Socket plain(Endpoint to) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), ((Endpoint.Tcp) to).port());
    socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
    return socket;
  }

  private Socket tls(Endpoint to, Credentials client, String version, String protocol)
      throws Exception {
    SSLSocket socket = new RawTls(client, hosts.bundle()).socket(to, version);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(
        protocol.isEmpty() ? new String[0] : new String[] {protocol});
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      // Refused already.
    }
    return socket;
  }
}
