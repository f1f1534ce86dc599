package dev.tenon.transport;

import static dev.tenon.transport.Connections.ITS_PLUGINS;
import static dev.tenon.transport.Connections.LOOPBACK;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.SpiffeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a handshake holds up. */
final class LinkHandshakeTest {
  /** A trust check that takes long. */
  private static final class SlowCheck implements PeerRule {
    final AtomicBoolean isNext = new AtomicBoolean();
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch mayEnd = new CountDownLatch(1);

    @Override
    public boolean accepts(SpiffeId id) {
      if (isNext.getAndSet(false)) {
        begun.countDown();
        try {
          return mayEnd.await(60, SECONDS);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      return ITS_PLUGINS.accepts(id);
    }
  }

  /** Row: TE-4 */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void trustCheck_takesLong_noOtherLinkWaits(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider)) {
      SlowCheck check = new SlowCheck();
      ServerTls tls = new ServerTls(() -> links.host, ServerTls.ClientAuth.REQUIRED, check);
      try (Listening listening =
          links.serving.listen(LOOPBACK, tls, Door.DEFAULT, List.of(), Links.Echo::new)) {
        List<Links.Taken> others = new ArrayList<>();
        for (int i = 0; i < 2 * links.serving.loops().size(); i++) {
          Links.Taken other = links.connect(listening.endpoint(), Links.Taken::new);
          other.send("w");
          other.awaitEvents("w"); // In TLS 1.3 a client is done before its server has checked it.
          others.add(other);
        }
        check.isNext.set(true);
        CompletableFuture<Links.Taken> slow = new CompletableFuture<>();
        links.calling.connect(
            listening.endpoint(),
            links.clientTls(),
            OptionalInt.empty(),
            links.calling.loops().get(0),
            Links.into(slow, Links.Taken::new));
        assertThat(check.begun.await(60, SECONDS)).isTrue();

        for (Links.Taken other : others) {
          other.send("x");
          other.awaitEvents("wx");
        }
        check.mayEnd.countDown();

        Links.Taken last = slow.get(60, SECONDS);
        last.send("y");
        last.awaitEvents("y");
      }
    }
  }

  /** What a client sends while it is checked waits in the sockets, and not in memory. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void trustCheck_takesLong_nothingMoreIsRead(TlsProvider provider) throws Exception {
    int length = 16 * 1024 * 1024;
    try (Links links = new Links(provider)) {
      SlowCheck check = new SlowCheck();
      ServerTls tls = new ServerTls(() -> links.host, ServerTls.ClientAuth.REQUIRED, check);
      LinkHandler counting =
          link -> {
            Counting reader = new Counting(link);
            links.accepted.add(reader);
            return reader;
          };
      try (Listening listening =
          links.serving.listen(LOOPBACK, tls, Door.DEFAULT, List.of(), counting)) {
        check.isNext.set(true);
        Links.Taken client = links.connect(listening.endpoint(), Links.Taken::new);
        client.send("x".repeat(length));
        assertThat(check.begun.await(60, SECONDS)).isTrue();

        turn(links.calling, 1_000);
        turn(links.serving, 1_000);
        assertThat(client.link.pendingBytes()).isGreaterThan(length / 2);
        check.mayEnd.countDown();

        Counting server = (Counting) links.nextAccepted();
        await().atMost(Duration.ofSeconds(60)).until(() -> server.bytes.get() == length);
      }
    }
  }

  /** Counts what comes. */
  private static final class Counting extends Links.Taken {
    final AtomicInteger bytes = new AtomicInteger();

    Counting(Link link) {
      super(link);
    }

    @Override
    public void received(ByteBuffer part) {
      link.begun();
      link.agreed();
      bytes.addAndGet(part.remaining());
      part.position(part.limit());
    }
  }

  /** Returns when each loop has had so many turns, in which it would have read. */
  private static void turn(Transport transport, int times) throws Exception {
    for (Loop loop : transport.loops()) {
      for (int i = 0; i < times; i++) {
        CountDownLatch turned = new CountDownLatch(1);
        Loop.Timer unused = loop.schedule(turned::countDown, Duration.ofNanos(1));
        assertThat(turned.await(60, SECONDS)).isTrue();
      }
    }
  }
}
