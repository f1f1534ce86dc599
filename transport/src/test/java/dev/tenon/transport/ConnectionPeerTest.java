package dev.tenon.transport;

import static dev.tenon.transport.ServedConnections.connectionOf;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Peers of a connection that the serving side ends. */
final class ConnectionPeerTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private ServedConnections served;

  @BeforeEach
  void serve() throws IOException {
    served = new ServedConnections();
  }

  @AfterEach
  void stop() throws InterruptedException {
    served.close();
  }

  /**
   * A client that writes on when our side has ended, as one does that takes note of the end of one
   * of its calls, reads what it was told before, to the end: it is not reset.
   */
  @Test
  void close_peerWritesBeforeItReads_itReadsAllThereIs() throws Exception {
    served.servePatiently();
    try (Socket socket = served.connectRaw()) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/ClientStream"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = served.nextCall();
      Connection connection = connectionOf(call);
      CountDownLatch isSilent = new CountDownLatch(1);
      connection.channel().pipeline().addFirst(new Silence(isSilent));

      call.close(Status.UNAUTHENTICATED, new Metadata());
      connection.close();
      assertThat(isSilent.await(60, SECONDS)).isTrue();
      byte[] noise = new byte[9 * 100]; // no frames that mean anything: SETTINGS of no length
      for (int frame = 3; frame < noise.length; frame += 9) {
        noise[frame] = 4;
      }
      socket.getOutputStream().write(noise);
      socket.getOutputStream().flush();

      String read = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
      assertThat(read).contains("grpc-status");
    }
    await().atMost(SOON).until(served.living::isEmpty);
  }

  /** Tells when nothing more is written: the direction, or the whole connection, has ended. */
  private static final class Silence extends ChannelDuplexHandler {
    private final CountDownLatch isSilent;

    Silence(CountDownLatch isSilent) {
      this.isSilent = isSilent;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof ChannelOutputShutdownEvent) {
        isSilent.countDown();
      }
      super.userEventTriggered(context, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
      isSilent.countDown();
      super.channelInactive(context);
    }
  }

  /** A client that never ends its side does not keep the connection. */
  @Test
  void close_peerDoesNotEndItsSide_endsNonetheless() throws Exception {
    try (Socket socket = served.connectRaw()) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/ClientStream"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = served.nextCall();

      call.close(Status.UNAUTHENTICATED, new Metadata());
      connectionOf(call).close();

      await().atMost(SOON).until(served.living::isEmpty);
      assertThat(socket.isClosed()).isFalse();
    }
  }

  /** A peer that does not read what it asked for cannot hold its connection. */
  @Test
  void close_peerDoesNotRead_endsNonetheless() throws Exception {
    try (Socket socket = served.connectRaw()) {
      socket.getOutputStream().write(RawTls.request("/testservice.v1.Echo/ServerStream"));
      socket.getOutputStream().flush();
      ServerCall<?, ?> call = served.nextCall();
      // Full for good: what is sent has nowhere to go.
      await()
          .atMost(SOON)
          .during(Duration.ofMillis(500))
          .until(() -> !call.isReady() && served.living.size() == 1);

      connectionOf(call).close();

      await().atMost(SOON).until(served.living::isEmpty);
    }
  }
}
