package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import dev.tenon.transport.Transport.Patience;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every buffer of a link is given back, however the link ends. */
final class LinkLeakTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Level before = ResourceLeakDetector.getLevel();

  /** Netty then also looks at every use of every buffer. */
  @BeforeEach
  void watchEveryBuffer() {
    ResourceLeakDetector.setLevel(Level.PARANOID);
  }

  @AfterEach
  void watchAsBefore() {
    ResourceLeakDetector.setLevel(before);
  }

  /** Returns how many buffers of {@code allocator} are in use or kept for a thread. */
  static long held(PooledByteBufAllocator allocator) {
    return Stream.concat(
            allocator.metric().directArenas().stream(), allocator.metric().heapArenas().stream())
        .mapToLong(PoolArenaMetric::numActiveAllocations)
        .sum();
  }

  static Transport transport(TlsProvider provider, PooledByteBufAllocator allocator) {
    Sockets.Kind kind = Sockets.Kind.preferred();
    return new Transport(
        new Handshakes(provider, TlsFloor.TLS_1_3, InstantSource.system()),
        new Sockets(kind, allocator),
        kind == Sockets.Kind.EPOLL ? OwnUid.read() : -1,
        new Patience(LONG, LONG));
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void links_thatEndedInEveryWay_gaveBackTheirBuffers(TlsProvider provider) throws Exception {
    PooledByteBufAllocator allocator = new PooledByteBufAllocator(/* preferDirect= */ true);
    try (Links links = new Links(transport(provider, allocator), transport(provider, allocator))) {
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      ended(links, bound);
      aborted(links, bound);
      abortedWithWrites(links, bound);
      refused(bound);
      Links.Taken open = links.connect(bound, Links.Taken::new);
      open.send("open at the end");
      open.awaitEvents("open at the end");
    }
    await().atMost(LONG).until(() -> held(allocator) == 0);
  }

  private static void ended(Links links, Endpoint bound) throws Exception {
    Links.Taken client = links.connect(bound, Links.Taken::new);
    client.send("x".repeat(100_000));
    client.awaitEvents("x".repeat(100_000));
    client.link.loop().execute(client.link::end);
    client.closed.get(60, SECONDS);
    links.nextAccepted().closed.get(60, SECONDS);
  }

  /** With bytes put and not flushed, and some put after the end. */
  private static void aborted(Links links, Endpoint bound) throws Exception {
    Links.Taken client = links.connect(bound, Links.Taken::new);
    client
        .link
        .loop()
        .execute(
            () -> {
              client.link.out(100).put(new byte[100]);
              client.link.abort();
              client.link.out(100_000).put(new byte[100_000]);
              client.link.flush();
              client.link.out(100).put(new byte[100]);
            });
    client.closed.get(60, SECONDS);
    client.link.loop().execute(() -> client.link.out(100).put(new byte[100]));
  }

  /** With bytes flushed that the socket has not taken. */
  private static void abortedWithWrites(Links links, Endpoint bound) throws Exception {
    Links.Taken client = links.connect(bound, Links.Taken::new);
    client
        .link
        .loop()
        .execute(
            () -> {
              for (int i = 0; i < 8; i++) {
                client.link.out(1 << 20).position(1 << 20);
                client.link.flush();
              }
              client.link.abort();
            });
    client.closed.get(60, SECONDS);
  }

  private static void refused(Endpoint bound) throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), ((Endpoint.Tcp) bound).port())) {
      socket.getOutputStream().write(new byte[] {22, 3, 1, 0, 5, 'n', 'o', 't', 'l', 's'});
      RawTls.awaitEnd(socket, new byte[0], 100);
    } catch (IOException e) {
      // Closed.
    }
  }
}
