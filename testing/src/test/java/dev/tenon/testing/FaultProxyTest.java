package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The proxy between a client and a server that echoes bytes. */
@Timeout(180)
final class FaultProxyTest {
  private final List<Socket> sockets = new ArrayList<>();
  private ServerSocket server;
  private FaultProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    proxy = FaultProxy.to(server.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void noFault_bytesBothWaysAndTheEnd_passThrough() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket client = connect();

    assertThat(echo(client, 1)).isEqualTo(1);
    client.shutdownOutput();

    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(proxy.accepted()).isEqualTo(1);
  }

  @Test
  void delay_roundTrip_takesTwiceTheDelayAndStaysInOrder() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket client = connect();
    proxy.delay(Duration.ofMillis(200));
    long begin = System.nanoTime();

    for (int value = 1; value <= 3; value++) {
      client.getOutputStream().write(value);
    }

    assertThat(client.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isGreaterThanOrEqualTo(Duration.ofMillis(400));
  }

  @Test
  void cut_openConnection_endsWithResetAndNewOnesWork() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket client = connect();
    assertThat(echo(client, 1)).isEqualTo(1);

    proxy.cut();

    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(echo(connect(), 2)).isEqualTo(2);
    assertThat(proxy.accepted()).isEqualTo(2);
  }

  @Test
  void throttle_tenThousandBytes_takeTheirTime() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket client = connect();
    assertThat(echo(client, 1)).isEqualTo(1);
    proxy.throttle(20_000);
    long begin = System.nanoTime();

    client.getOutputStream().write(new byte[10_000]);

    assertThat(client.getInputStream().readNBytes(10_000)).hasSize(10_000);
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isGreaterThanOrEqualTo(Duration.ofMillis(500));
  }

  /** Nothing comes through, not even to a new connection; healed, all of it does. */
  @Test
  void halfOpen_untilHealed_silent() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket before = connect();
    assertThat(echo(before, 1)).isEqualTo(1);

    proxy.halfOpen();
    Socket during = connect();
    before.getOutputStream().write(2);
    during.getOutputStream().write(3);
    assertSilent(before);
    assertSilent(during);

    proxy.heal();
    before.setSoTimeout(0);
    during.setSoTimeout(0);
    assertThat(before.getInputStream().read()).isEqualTo(2);
    assertThat(during.getInputStream().read()).isEqualTo(3);
  }

  /** A server that does not read fills a bounded buffer, and then the client waits. */
  @Test
  void slowReader_endlessWriter_holdsNoMoreThanItsBound() throws Exception {
    CompletableFuture<Void> read = new CompletableFuture<>();
    serve(socket -> read.join());
    Socket client = connect();
    AtomicLong written = new AtomicLong();
    proxy.delay(Duration.ofHours(1));

    Thread writer =
        new Thread(
            () -> {
              try {
                while (true) {
                  client.getOutputStream().write(new byte[1024]);
                  written.addAndGet(1024);
                }
              } catch (IOException e) {
                written.addAndGet(0);
              }
            });
    writer.start();
    await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ofMillis(200))
        .until(() -> isStuck(written));

    assertThat(written.get()).isLessThan(16L << 20); // what the system's buffers hold, and ours
    proxy.close();
    writer.join();
    read.complete(null);
  }

  @Test
  void close_openConnections_endsThemAndAllThreads() throws Exception {
    serve(socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
    Socket client = connect();
    assertThat(echo(client, 1)).isEqualTo(1);
    proxy.halfOpen();
    connect();

    proxy.close();

    assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  /** A connection is accepted at any moment of the end, and none outlives it. */
  @Test
  void close_whileConnectionsCome_leavesNoThread() throws Exception {
    for (int round = 0; round < 300; round++) {
      FaultProxy ending = FaultProxy.to(server.getLocalPort());
      ending.halfOpen();
      sockets.add(new Socket(InetAddress.getLoopbackAddress(), ending.port()));
      sockets.add(new Socket(InetAddress.getLoopbackAddress(), ending.port()));
      ending.close();
    }

    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(threads()).containsExactly("tenon-proxy-accept"));
  }

  @Test
  void settings_outOfRange_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> FaultProxy.to(0));
    assertThatIllegalArgumentException().isThrownBy(() -> FaultProxy.to(65_536));
    assertThatIllegalArgumentException().isThrownBy(() -> proxy.throttle(0));
    assertThatIllegalArgumentException().isThrownBy(() -> proxy.delay(Duration.ofNanos(-1)));
  }

  private static boolean isStuck(AtomicLong written) throws InterruptedException {
    long before = written.get();
    assertThat(new CountDownLatch(1).await(500, TimeUnit.MILLISECONDS)).isFalse();
    return before > 0 && before == written.get();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("tenon-proxy"))
        .toList();
  }

  /** What the server does with each connection. */
  private interface Behaviour {
    void with(Socket socket) throws IOException;
  }

  private void serve(Behaviour behaviour) {
    Thread accepting =
        new Thread(
            () -> {
              try {
                while (true) {
                  Socket accepted = server.accept();
                  Thread thread = new Thread(() -> serve(accepted, behaviour));
                  thread.setDaemon(true);
                  thread.start();
                }
              } catch (IOException e) {
                return; // closed
              }
            });
    accepting.setDaemon(true);
    accepting.start();
  }

  private static void serve(Socket socket, Behaviour behaviour) {
    try (socket) {
      behaviour.with(socket);
    } catch (IOException e) {
      return; // the client is gone
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setTcpNoDelay(true);
    sockets.add(socket);
    return socket;
  }

  private static int echo(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(200);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
  }
}
