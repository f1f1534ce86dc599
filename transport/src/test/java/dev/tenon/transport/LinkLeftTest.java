package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.ConnectionLimits;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a receiver leaves of what was read. */
final class LinkLeftTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /** Takes one byte of whatever it is brought. */
  private static final class Sips extends Links.Taken {
    Sips(Link link) {
      super(link);
    }

    @Override
    public void received(ByteBuffer bytes) {
      super.received(bytes.slice(bytes.position(), 1));
      bytes.get();
    }
  }

  /** Takes nothing until it is told to. */
  private static final class Waits extends Links.Taken {
    volatile boolean takes;
    volatile boolean fails;
    final AtomicInteger brought = new AtomicInteger();
    final AtomicInteger taken = new AtomicInteger();

    Waits(Link link) {
      super(link);
    }

    @Override
    public void received(ByteBuffer bytes) {
      link.begun();
      brought.incrementAndGet();
      if (fails) {
        throw new IllegalStateException("a defect");
      }
      if (takes) {
        taken.addAndGet(bytes.remaining());
        bytes.position(bytes.limit());
      }
    }
  }

  @Test
  void received_leavesSome_isBroughtTheRestAndWhatCameBehindIt() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Links.Taken client = links.connect(links.listen(LOOPBACK, Sips::new), Links.Taken::new);

      client.send("abc");
      client.send("def");

      links.nextAccepted().awaitEvents("abcdef");
      client.send("g");
      links.last().awaitEvents("abcdefg");
    }
  }

  /** Takes at its third look what came by then, and wants {@link #HELD} between looks. */
  private static final class Holds extends Links.Taken {
    static final Duration HELD = Duration.ofMillis(150);
    final List<Long> looks = new CopyOnWriteArrayList<>();

    Holds(Link link) {
      super(link);
    }

    @Override
    public void received(ByteBuffer bytes) {
      looks.add(System.nanoTime());
      if (looks.size() < 3) {
        link.hold(HELD);
      } else {
        super.received(bytes);
      }
    }
  }

  @Test
  void received_leavesAndHolds_isBroughtItWhenTheTimeHasPassed() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Links.Taken client = links.connect(links.listen(LOOPBACK, Holds::new), Links.Taken::new);

      client.send("abc");

      Holds server = (Holds) links.nextAccepted();
      server.awaitEvents("abc");
      for (int i = 1; i < 3; i++) {
        assertThat(server.looks.get(i) - server.looks.get(i - 1))
            .isGreaterThanOrEqualTo(Holds.HELD.toNanos());
      }
      client.send("d");
      server.awaitEvents("abcd");
    }
  }

  /** Takes all; but one of the times that it is brought some, it leaves that for so long. */
  private static final class Once extends Links.Taken {
    final AtomicLong takenAfter = new AtomicLong();
    final AtomicLong taken = new AtomicLong();
    final AtomicInteger brought = new AtomicInteger();
    private final int leaves;
    private final Duration held;

    Once(Link link, int leaves, Duration held) {
      super(link);
      this.leaves = leaves;
      this.held = held;
    }

    @Override
    public void received(ByteBuffer bytes) {
      link.begun();
      int times = brought.incrementAndGet();
      if (times == leaves) {
        link.hold(held);
        return;
      }
      if (times == leaves + 1) {
        takenAfter.set(bytes.remaining());
      }
      taken.addAndGet(bytes.remaining());
      bytes.position(bytes.limit());
    }
  }

  /** A limit of throughput turns reading on by itself. Row: DS-12. */
  @Test
  void received_holdsBehindALimit_nothingMoreIsRead() throws Exception {
    int limit = 1024 * 1024;
    try (Links links = new Links(TlsProvider.preferred())) {
      links.door = new Door(ConnectionLimits.DEFAULT.withBytesPerSecond(limit), source -> true);
      Endpoint bound = links.listen(LOOPBACK, link -> new Once(link, 2, Duration.ofMillis(700)));
      Links.Taken client = links.connect(bound, Links.Taken::new);
      client.send("x".repeat(2 * limit));
      Once server = (Once) links.nextAccepted();

      await().atMost(LONG).until(() -> server.taken.get() == 2L * limit);

      assertThat(server.takenAfter.get()).isLessThan(limit / 4);
    }
  }

  /** Or the peer could neither say all that it has begun to say, nor learn of our end. */
  @Test
  void end_whileHeld_thePeersEndIsRead() throws Exception {
    Duration hour = Duration.ofHours(1);
    Transport.Patience patience = new Transport.Patience(hour, hour, hour);
    try (Links links =
        new Links(
            Connections.patient(TlsProvider.preferred(), TlsFloor.TLS_1_3, patience),
            Connections.patient(TlsProvider.preferred(), TlsFloor.TLS_1_3))) {
      Endpoint bound = links.listen(LOOPBACK, link -> new Once(link, 2, hour));
      Socket client = new RawTls(links.plugin, links.hosts.bundle()).connect(bound);
      client.getOutputStream().write('x');
      Once server = (Once) links.nextAccepted();
      await().atMost(LONG).until(() -> server.taken.get() == 1);
      client.getOutputStream().write('x');
      await().atMost(LONG).until(() -> server.brought.get() == 2);

      server.link.loop().execute(server.link::end);

      CompletableFuture.runAsync(() -> sendAndClose(client)).get(60, SECONDS);
      server.closed.get(60, SECONDS);
    }
  }

  private static void sendAndClose(Socket client) {
    try (client) {
      client.getOutputStream().write(new byte[64 * 1024 * 1024]);
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is left is no reason to hold more of it: the peer waits. */
  @Test
  void received_leavesAll_nothingMoreIsReadAndOthersAreServed() throws Exception {
    int length = 16 * 1024 * 1024;
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Waits::new);
      Links.Taken client = links.connect(bound, Links.Taken::new);
      Waits server = (Waits) links.nextAccepted();
      client.send("x".repeat(length));
      await().atMost(LONG).until(() -> server.brought.get() > 100);

      assertThat(links.connect(bound, Links.Taken::new)).as("another link").isNotNull();
      Waits other = (Waits) links.nextAccepted();
      assertThat(other).isNotSameAs(server);
      assertThat(client.link.pendingBytes()).as("not read yet").isGreaterThan(length / 2);

      server.takes = true;
      await().atMost(LONG).until(() -> server.taken.get() == length);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void closed_withSomeLeft_givesItBack(boolean fails) throws Exception {
    PooledByteBufAllocator allocator = new PooledByteBufAllocator(/* preferDirect= */ true);
    try (Links links =
        new Links(
            LinkLeakTest.transport(TlsProvider.preferred(), allocator),
            LinkLeakTest.transport(TlsProvider.preferred(), allocator))) {
      Links.Taken client = links.connect(links.listen(LOOPBACK, Waits::new), Links.Taken::new);
      Waits server = (Waits) links.nextAccepted();
      client.send("x".repeat(10_000));
      await().atMost(LONG).until(() -> server.brought.get() > 10);

      if (fails) {
        server.fails = true;
      } else {
        server.link.loop().execute(server.link::abort);
      }
      server.closed.get(60, SECONDS);
    }
    await().atMost(LONG).until(() -> LinkLeakTest.held(allocator) == 0);
  }
}
