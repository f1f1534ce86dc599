package dev.tenon.transport;

import static dev.tenon.transport.Connections.HOST;
import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.ConnectionLimits;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls beyond what a connection carries at once. */
final class QueuedStreamsTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final TestAuthority hosts = new TestAuthority();
  private final TestAuthority plugins = new TestAuthority();
  private final Credentials host = hosts.leaf(HOST, Dns.HOST).credentials(plugins);
  private final Credentials plugin = plugins.leaf(PLUGIN, Dns.PLUGIN).credentials(hosts);

  private static EchoRequest saying(String text) {
    return EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
  }

  /**
   * The call that waits is sent when the one before it is cancelled, though nothing else happens on
   * the connection.
   */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void cancel_ofTheOneStream_letsTheNextCallGo(TlsProvider provider) throws Exception {
    Door one =
        new Door(
            new ConnectionLimits(10, 10, 10, 10, /* callsPerConnection= */ 1, Duration.ofHours(1)),
            source -> true);
    try (Connections connections = new Connections(provider, provider)) {
      connections.serve(LOOPBACK, () -> host, one);
      ManagedChannel channel =
          connections.connect(new ClientTls(() -> plugin, Connections.THE_HOST, Dns.HOST));
      Connections.call(channel, "the limit is known from now on");
      for (int round = 0; round < 20; round++) {
        int arrived = connections.echoes.arrived();
        ListenableFuture<EchoResponse> first =
            EchoGrpc.newFutureStub(channel).unary(EchoRequest.newBuilder().setHang(true).build());
        ListenableFuture<EchoResponse> second = EchoGrpc.newFutureStub(channel).unary(saying("b"));
        await().atMost(SOON).until(() -> connections.echoes.arrived() == arrived + 1);

        first.cancel(true);

        assertThat(second.get(SOON.toSeconds(), TimeUnit.SECONDS)).isNotNull();
      }
    }
  }
}
