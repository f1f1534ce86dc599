package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.transport.Transport.Patience;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How links end. */
final class LinkEndTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /** Links whose peers are waited for as long as {@code lastWords} says. */
  private static Links links(TlsProvider provider, Duration lastWords) {
    Patience patience = new Patience(LONG, LONG, lastWords);
    return new Links(
        Connections.patient(provider, TlsFloor.TLS_1_3, patience),
        Connections.patient(provider, TlsFloor.TLS_1_3, patience));
  }

  private static Socket raw(Links links, Endpoint to) throws Exception {
    return new RawTls(links.plugin, links.hosts.bundle()).connect(to);
  }

  private static Connection connection(Links.Taken taken) {
    return requireNonNull(taken.link.attributes().get(Connection.KEY));
  }

  private static void send(Socket socket, String text) throws Exception {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** Says good-bye to the peer, and ends. */
  private static final class Polite extends Links.Taken {
    Polite(Link link) {
      super(link);
    }

    @Override
    public void goodbye() {
      super.goodbye();
      link.out(3).put("bye".getBytes(ISO_8859_1)); // not flushed: the end does that
      link.end();
      link.end();
    }
  }

  /** What was put before is read by the peer, then the end of TLS, then that of the socket. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void close_readerSaysGoodbye_peerReadsItAndTheEnd(TlsProvider provider) throws Exception {
    try (Links links = links(provider, LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Polite::new);
      try (Socket socket = raw(links, bound)) {
        send(socket, "x");
        Links.Taken taken = links.nextAccepted();
        taken.awaitEvents("x");

        connection(taken).close();

        assertThat(socket.getInputStream().readAllBytes()).asString(ISO_8859_1).isEqualTo("bye");
        assertThat(taken.closed).isNotDone();
      }
      taken(links, "x[goodbye][closed]");
    }
  }

  private static void taken(Links links, String events) throws Exception {
    Links.Taken taken = links.last();
    taken.closed.get(60, SECONDS);
    assertThat(taken.events()).isEqualTo(events);
  }

  /** A peer that still writes is not reset, and what it writes is not read. */
  @Test
  void end_peerWritesBeforeItReads_itReadsAllThereIs() throws Exception {
    try (Links links = links(TlsProvider.preferred(), LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Polite::new);
      try (Socket socket = raw(links, bound)) {
        Links.Taken taken = links.nextAccepted();
        CountDownLatch ended = new CountDownLatch(1);
        taken
            .link
            .loop()
            .execute(
                () -> {
                  taken.goodbye();
                  ended.countDown();
                });
        assertThat(ended.await(60, SECONDS)).isTrue();
        send(socket, "noise");

        assertThat(socket.getInputStream().readAllBytes()).asString(ISO_8859_1).isEqualTo("bye");
      }
      taken(links, "[goodbye][closed]");
    }
  }

  /** A peer that never ends its direction does not keep the link. */
  @Test
  void end_peerDoesNotEnd_closedAfterLastWords() throws Exception {
    try (Links links = links(TlsProvider.preferred(), Duration.ofMillis(250))) {
      Endpoint bound = links.listen(LOOPBACK, Polite::new);
      try (Socket socket = raw(links, bound)) {
        Links.Taken taken = links.nextAccepted();
        taken.link.loop().execute(taken.link::end);

        taken(links, "[closed]");
        assertThat(socket.isClosed()).isFalse();
      }
    }
  }

  /** A peer that does not read does not keep it either. */
  @Test
  void end_peerDoesNotRead_closedAfterLastWords() throws Exception {
    try (Links links = links(TlsProvider.preferred(), Duration.ofMillis(250))) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket socket = raw(links, bound)) {
        Links.Taken taken = links.nextAccepted();
        taken
            .link
            .loop()
            .execute(
                () -> {
                  taken.link.out(32 << 20).position(32 << 20);
                  taken.link.end();
                });

        taken(links, "[closed]");
        assertThat(socket.isClosed()).isFalse();
      }
    }
  }

  /** A reader that does nothing about it when its connection is to end. */
  @Test
  void close_readerDoesNotEnd_closedAfterLastWords() throws Exception {
    try (Links links = links(TlsProvider.preferred(), Duration.ofMillis(250))) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket socket = raw(links, bound)) {
        connection(links.nextAccepted()).close();

        taken(links, "[goodbye][closed]");
        assertThat(socket.isClosed()).isFalse();
      }
    }
  }

  @Test
  void retire_ofAConnection_tellsTheReaderAndLeavesIt() throws Exception {
    try (Links links = links(TlsProvider.preferred(), LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket socket = raw(links, bound)) {
        Links.Taken taken = links.nextAccepted();
        connection(taken).retire();
        taken.awaitEvents("[retire]");
        send(socket, "x");
        taken.awaitEvents("[retire]x");

        connection(taken).closeAfter(Duration.ofMillis(1));
        taken.awaitEvents("[retire]x[goodbye]");
      }
    }
  }

  /** Once it is over, nothing is told, and what is put goes nowhere. */
  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void closeNow_ofAConnection_closedOnceAndNothingMoreWritten(TlsProvider provider)
      throws Exception {
    try (Links links = links(provider, LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket socket = raw(links, bound)) {
        Links.Taken taken = links.nextAccepted();
        connection(taken).closeNow();
        connection(taken).closeNow();
        connection(taken).close();
        connection(taken).retire();
        taken(links, "[closed]");

        CountDownLatch done = new CountDownLatch(1);
        taken
            .link
            .loop()
            .execute(
                () -> {
                  taken.link.out(5).put(new byte[5]);
                  assertThat(taken.link.pendingBytes()).isZero();
                  assertThat(taken.link.isWritable()).isFalse();
                  taken.link.flush();
                  taken.link.end();
                  taken.link.abort();
                  assertThat(taken.link.unflushed()).isZero();
                  done.countDown();
                });
        assertThat(done.await(60, SECONDS)).isTrue();
        assertThat(taken.events()).isEqualTo("[closed]");
        RawTls.awaitEnd(socket, new byte[0], 100);
      }
    }
  }

  /** The end of listening is that of its links; their readers know it when it returns. */
  @Test
  void close_ofListening_endsItsLinksAndTheirReadersKnow() throws Exception {
    try (Links links = links(TlsProvider.preferred(), LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket begun = raw(links, bound);
          Socket other = raw(links, bound)) {
        send(begun, "x");
        Links.Taken first = links.nextAccepted();
        Links.Taken second = links.nextAccepted();
        assertThat(links.told.poll(60, SECONDS)).isEqualTo("ready");

        links.listening().close();
        links.listening().close();

        assertThat(first.closed).isDone();
        assertThat(second.closed).isDone();
        assertThat(links.told.poll()).startsWith("terminated");
        RawTls.awaitEnd(begun, new byte[0], 100);
        RawTls.awaitEnd(other, new byte[0], 100);
        assertThat(links.refusal(bound, links.clientTls())).isInstanceOf(java.io.IOException.class);
      }
    }
  }

  /** The end of the transport is that of its links, on both sides. */
  @Test
  void close_ofTheTransport_endsItsLinks() throws Exception {
    Links.Taken client;
    try (Links links = links(TlsProvider.preferred(), LONG)) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      client = links.connect(bound, Links.Taken::new);
      Links.Taken server = links.nextAccepted();

      links.calling.close();

      client.closed.get(60, SECONDS);
      server.closed.get(60, SECONDS);
    }
  }
}
