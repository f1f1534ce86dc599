package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tenon.core.SpiffeId;
import io.grpc.ManagedChannel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

class SettingsLimitTest {
  private static final int GOAWAY = 7;
  private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);
  private final AtomicLong nanos = new AtomicLong();

  /** As many as there may be in ten seconds, and no more; then as many again. Row: DS-14. */
  @Test
  void onSettingsRead_moreThanThereMayBe_isAnErrorOfTheConnection() throws Exception {
    EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    ChannelHandlerContext context = channel.pipeline().firstContext();
    SettingsLimit limit = new SettingsLimit(new Http2FrameAdapter(), nanos::get);
    for (int window = 0; window < 3; window++) {
      for (int i = 0; i < SettingsLimit.MOST; i++) {
        limit.onSettingsRead(context, new Http2Settings());
      }
      nanos.addAndGet(SettingsLimit.WINDOW.toNanos());
    }
    for (int i = 0; i < SettingsLimit.MOST; i++) {
      limit.onSettingsRead(context, new Http2Settings());
    }
    nanos.addAndGet(SettingsLimit.WINDOW.toNanos() - 1);
    assertThatThrownBy(() -> limit.onSettingsRead(context, new Http2Settings()))
        .isInstanceOfSatisfying(
            Http2Exception.class,
            error -> assertThat(error.error()).isEqualTo(Http2Error.ENHANCE_YOUR_CALM));
    var unused = channel.close();
  }

  /** The server that we connect to is no better than a client. Row: DS-14. */
  @Test
  void connection_floodOfAServer_closed() throws Exception {
    try (Transport transport = Transport.create(TlsProvider.preferred());
        SSLServerSocket server = RawTls.listen(plugin, hosts.bundle())) {
      ManagedChannel channel =
          transport
              .channel(
                  new Endpoint.Tcp("127.0.0.1", server.getLocalPort()),
                  new ClientTls(() -> host, PeerRule.exactly(SpiffeId.parse(PLUGIN)), Dns.PLUGIN))
              .build();
      var unused = channel.getState(/* requestConnection= */ true);
      try (SSLSocket socket = RawTls.accept(server, "TLSv1.3")) {
        socket.startHandshake();
        flood(socket);

        assertThat(goAway(socket)).isIn((int) Http2Error.ENHANCE_YOUR_CALM.code(), -1);
      } finally {
        assertThat(channel.shutdownNow().awaitTermination(60, SECONDS)).isTrue();
      }
    }
  }

  private static void flood(SSLSocket socket) {
    try {
      for (int i = 0; i < 2 * SettingsLimit.MOST; i++) {
        socket.getOutputStream().write(EMPTY_SETTINGS);
      }
    } catch (IOException e) {
      // The other side has closed; what it wrote tells how.
    }
  }

  /** Returns the code of the GOAWAY that ends the connection; -1 without one. */
  private static int goAway(SSLSocket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    try {
      in.skipNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
      while (true) {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        in.skipNBytes(5);
        byte[] payload = in.readNBytes(length);
        if (type == GOAWAY) {
          return payload[7];
        }
      }
    } catch (EOFException | SocketException | SSLException e) {
      return -1;
    }
  }
}
