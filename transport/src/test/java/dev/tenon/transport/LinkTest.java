package dev.tenon.transport;

import static dev.tenon.transport.Connections.LOOPBACK;
import static dev.tenon.transport.Connections.PLUGIN;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.SpiffeId;
import io.grpc.Attributes;
import io.grpc.ServerTransportFilter;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links from end to end. */
final class LinkTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void echo_overTcp_comesBackAndThePeerIsKnown(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider)) {
      assertEchoes(links, LOOPBACK);
    }
  }

  @ParameterizedTest
  @EnumSource(TlsProvider.class)
  void echo_overUnixSocket_comesBackAndThePeerIsKnown(TlsProvider provider) throws Exception {
    try (Links links = new Links(provider)) {
      assertEchoes(links, new Endpoint.Unix(directory.resolve("s")));
    }
  }

  private static void assertEchoes(Links links, Endpoint at) throws Exception {
    Endpoint bound = links.listen(at, Links.Echo::new);
    Links.Taken client = links.connect(bound, Links.Taken::new);
    assertThat(client.link.attributes()).isEqualTo(Attributes.EMPTY);
    client.send("hello");
    client.awaitEvents("hello");
    assertThat(links.told.poll(60, SECONDS)).isEqualTo("ready");
    Link accepted = links.nextAccepted().link;
    Peer peer = requireNonNull(accepted.attributes().get(Peer.KEY));
    assertThat(peer.id()).contains(SpiffeId.parse(PLUGIN));
    assertThat(peer.process().isPresent()).isEqualTo(bound instanceof Endpoint.Unix);
    assertThat(requireNonNull(accepted.attributes().get(Source.KEY)).name())
        .startsWith(bound instanceof Endpoint.Unix ? "uid:" : "ip:");
    Connection connection = requireNonNull(accepted.attributes().get(Connection.KEY));
    assertThat(connection.ownChain()).isEqualTo(links.host.chain());
    assertThat(connection.peerChain()).isEqualTo(links.plugin.chain());

    client.link.loop().execute(client.link::end);
    client.closed.get(60, SECONDS);
    assertThat(links.told.poll(60, SECONDS)).isEqualTo("terminated " + PLUGIN);
  }

  /** Megabytes come back as they went, while both sides send and read. */
  @Test
  void echo_ofMegabytes_comesBack() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      Pump pump = links.connect(bound, Pump::new);

      pump.link.loop().execute(pump::send);

      assertThat(pump.done.get(120, SECONDS)).isEqualTo(Pump.TOTAL_BYTES);
    }
  }

  /** A peer that does not read costs little room, and gets all once it reads. */
  @Test
  void send_peerDoesNotRead_littleWaitsUntilItDoes() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Pump::new);
      try (Socket socket = new RawTls(links.plugin, links.hosts.bundle()).connect(bound)) {
        Pump pump = (Pump) links.nextAccepted();
        pump.link.loop().execute(pump::send);
        await().atMost(SOON).until(() -> pump.stops.get() == 1);
        assertThat(pump.link.pendingBytes())
            .isBetween((long) Link.HIGH_WATER_BYTES, Link.HIGH_WATER_BYTES + 2L * Pump.STEP_BYTES);

        byte[] read = socket.getInputStream().readNBytes(Pump.TOTAL_BYTES);

        assertThat(ByteBuffer.wrap(read).getInt(Pump.TOTAL_BYTES - Integer.BYTES))
            .isEqualTo(Pump.TOTAL_BYTES - Integer.BYTES);
        assertThat(pump.resumptions).hasPositiveValue();
      }
    }
  }

  /** What a limit of throughput holds is not lost when our side ends the link. Row: DS-12. */
  @Test
  void end_ofALimitedLink_sendsWhatIsHeld() throws Exception {
    int bytes = 150 * 1024; // A second of it and more is over the limit.
    try (Links links = new Links(TlsProvider.preferred())) {
      links.door =
          new Door(
              ConnectionLimits.DEFAULT.withBytesPerSecond(ConnectionLimits.LEAST_BYTES_PER_SECOND),
              source -> true);
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      try (Socket socket = new RawTls(links.plugin, links.hosts.bundle()).connect(bound)) {
        Link link = links.nextAccepted().link;
        link.loop()
            .execute(
                () -> {
                  for (int sent = 0; sent < bytes; sent += 1024) {
                    link.out(1024).put(new byte[1024]);
                    link.flush();
                  }
                  assertThat(link.isWritable()).isFalse();
                  link.end();
                });

        assertThat(socket.getInputStream().readAllBytes()).hasSize(bytes);
      }
    }
  }

  /** Sends while it may, and checks what comes back. */
  private static final class Pump extends Links.Taken {
    static final int TOTAL_BYTES = 16 << 20;
    static final int STEP_BYTES = 16 * 1024;

    final CompletableFuture<Integer> done = new CompletableFuture<>();
    final AtomicInteger stops = new AtomicInteger();
    final AtomicInteger resumptions = new AtomicInteger();
    private int sent;
    private int received;

    Pump(Link link) {
      super(link);
    }

    void send() {
      while (sent < TOTAL_BYTES && link.isWritable()) {
        ByteBuffer out = link.out(STEP_BYTES);
        for (int i = 0; i < STEP_BYTES; i += Integer.BYTES) {
          out.putInt(sent + i);
        }
        sent += STEP_BYTES;
        link.flush();
      }
      stops.addAndGet(link.isWritable() ? 0 : 1);
    }

    @Override
    public void received(ByteBuffer bytes) {
      for (; bytes.hasRemaining(); received++) {
        int word = received & -Integer.BYTES;
        int expected = word >>> (8 * (Integer.BYTES - 1 - (received - word)));
        if (bytes.get() != (byte) expected) {
          done.completeExceptionally(new AssertionError("byte " + received));
        }
      }
      if (received == TOTAL_BYTES) {
        done.complete(received);
      }
    }

    @Override
    public void writabilityChanged() {
      resumptions.incrementAndGet();
      assertThat(link.isWritable()).isTrue();
      send();
    }
  }

  /** Filters are told in order, once each, and of the end those that were told of the beginning. */
  @Test
  void begun_twice_filtersAreToldInOrderAndOnce() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Links links = new Links(TlsProvider.preferred())) {
      links.filters = List.of(new Noting("a", told), new Noting("b", told));
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      Links.Taken client = links.connect(bound, Links.Taken::new);
      client.send("1");
      client.awaitEvents("1");
      client.send("2");
      client.awaitEvents("12");

      client.link.loop().execute(client.link::abort);
      client.closed.get(60, SECONDS);
      links.nextAccepted().closed.get(60, SECONDS);
    }
    assertThat(told).containsExactly("a", "b", "end of a", "end of b");
  }

  /** What a filter fails on does not come in. */
  @Test
  void begun_filterFails_linkIsClosedAndLaterFiltersNotTold() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    ServerTransportFilter failing =
        new ServerTransportFilter() {
          @Override
          public Attributes transportReady(Attributes attributes) {
            throw new IllegalStateException("no");
          }
        };
    try (Links links = new Links(TlsProvider.preferred())) {
      links.filters = List.of(new Noting("a", told), failing, new Noting("b", told));
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      Links.Taken client = links.connect(bound, Links.Taken::new);
      client.send("1");

      client.awaitEvents("[closed]");
      links.nextAccepted().closed.get(60, SECONDS);
    }
    assertThat(told).containsExactly("a", "end of a");
  }

  private static final class Noting extends ServerTransportFilter {
    private final String name;
    private final LinkedBlockingQueue<String> told;

    Noting(String name, LinkedBlockingQueue<String> told) {
      this.name = name;
      this.told = told;
    }

    @Override
    public Attributes transportReady(Attributes attributes) {
      told.add(name);
      return attributes;
    }

    @Override
    public void transportTerminated(Attributes attributes) {
      told.add("end of " + name);
    }
  }

  /** A reader that fails loses its own link alone. */
  @Test
  void received_readerFails_thatLinkIsClosedAndOthersLive() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound =
          links.listen(
              LOOPBACK,
              link ->
                  new Links.Echo(link) {
                    @Override
                    public void received(ByteBuffer bytes) {
                      if (bytes.get(bytes.position()) == '!') {
                        throw new IllegalStateException("a defect");
                      }
                      super.received(bytes);
                    }
                  });
      Links.Taken good = links.connect(bound, Links.Taken::new);
      Links.Taken bad = links.connect(bound, Links.Taken::new);

      bad.send("!");
      bad.awaitEvents("[closed]");

      good.send("x");
      good.awaitEvents("x");
    }
  }

  /** One connection more of a run than it may have is closed, and the door told. Row: DS-8. */
  @Test
  void begun_overTheCapOfARun_closed() throws Exception {
    LinkedBlockingQueue<ConnectionCap> caps = new LinkedBlockingQueue<>();
    Door.Refusals refusals =
        new Door.Refusals() {
          @Override
          public void refused(Source source, HandshakeFault fault) {}

          @Override
          public void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {
            assertThat(peer).contains(SpiffeId.parse(PLUGIN));
            caps.add(cap);
          }
        };
    ConnectionLimits one = new ConnectionLimits(100, 100, 1, 100, 100, Duration.ofHours(1));
    try (Links links = new Links(TlsProvider.preferred())) {
      links.door = new Door(one, source -> true, refusals);
      Endpoint bound = links.listen(LOOPBACK, Links.Echo::new);
      Links.Taken first = links.connect(bound, Links.Taken::new);
      first.send("1");
      first.awaitEvents("1");

      Links.Taken second = links.connect(bound, Links.Taken::new);
      second.send("2");
      second.closed.get(60, SECONDS);

      assertThat(caps.poll(60, SECONDS)).isEqualTo(ConnectionCap.OF_RUN);
      first.send("3");
      first.awaitEvents("13");
    }
  }

  /** Loops are few, run what they are given on their thread, and forget what is taken back. */
  @Test
  void loops_run_inOrderOnTheirThread() throws Exception {
    try (Transport transport = Transport.create(TlsProvider.JDK)) {
      assertThat(transport.loops())
          .hasSize(Math.min(4, Runtime.getRuntime().availableProcessors()))
          .isEqualTo(transport.loops());
      Loop loop = transport.loops().get(0);
      LinkedBlockingQueue<String> ran = new LinkedBlockingQueue<>();
      assertThat(loop.isIn()).isFalse();
      Loop.Timer never = loop.schedule(() -> ran.add("never"), Duration.ofMillis(50));
      never.cancel();
      never.cancel();
      Loop.Timer unused = loop.schedule(() -> ran.add("later"), Duration.ofMillis(100));
      loop.execute(() -> ran.add("on the loop: " + loop.isIn()));

      assertThat(ran.poll(60, SECONDS)).isEqualTo("on the loop: true");
      assertThat(ran.poll(60, SECONDS)).isEqualTo("later");
    }
  }

  /** Nothing is told of what happens between two looks of the caller. */
  @Test
  void flush_ofMoreThanTheHighWaterMark_tellsNobodyDuringTheCall() throws Exception {
    try (Links links = new Links(TlsProvider.preferred())) {
      Endpoint bound = links.listen(LOOPBACK, Links.Taken::new);
      CompletableFuture<Boolean> toldInside = new CompletableFuture<>();
      Links.Taken client =
          links.connect(
              bound,
              link ->
                  new Links.Taken(link) {
                    private boolean isInside;

                    @Override
                    public void goodbye() {
                      isInside = true;
                      link.out(1 << 20).position(1 << 20);
                      link.flush();
                      isInside = false;
                      toldInside.complete(false);
                    }

                    @Override
                    public void writabilityChanged() {
                      if (isInside) {
                        toldInside.complete(true);
                      }
                    }
                  });

      client.link.loop().execute(client::goodbye);

      assertThat(toldInside.get(60, SECONDS)).isFalse();
      Links.Taken server = links.nextAccepted();
      await().atMost(SOON).until(() -> server.events().length() == 1 << 20);
    }
  }
}
