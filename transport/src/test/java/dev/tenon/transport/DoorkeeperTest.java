package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.core.ConnectionLimits;
import dev.tenon.core.SpiffeId;
import io.grpc.Attributes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoorkeeperTest {
  private static final Source HERE = new Source("ip:192.0.2.1");
  private static final Source THERE = new Source("ip:192.0.2.2");

  private final ConnectionCounters counters = new ConnectionCounters();
  private final List<Object> ended = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final Doorkeeper doorkeeper =
      new Doorkeeper(
          new Door(
              new ConnectionLimits(6, 4, 2, 3, 100, Duration.ofHours(1)),
              source -> !source.name().endsWith(".9"),
              new Told()),
          counters);

  /** Keeps what it is told of caps. */
  private final class Told implements Door.Refusals {
    @Override
    public void refused(Source source, HandshakeFault fault) {
      throw new AssertionError("no handshake is made here");
    }

    @Override
    public void overCap(Source source, Optional<SpiffeId> peer, ConnectionCap cap) {
      told.add(source.name() + " " + peer.map(SpiffeId::toString).orElse("-") + " " + cap);
    }
  }

  private boolean enter(Object id, Source source) {
    return doorkeeper.enter(id, source, () -> ended.add(id));
  }

  private boolean enterReady(Object id, Source source) {
    boolean entered = enter(id, source);
    doorkeeper.ready(id);
    return entered;
  }

  /**
   * No more than so many from one source, and in total; room comes back.
   *
   * <p>Row: DS-8
   */
  @Test
  void enter_moreThanTheLimits_refusedUntilOneLeaves() {
    for (int i = 0; i < 4; i++) {
      assertThat(enterReady(i, HERE)).isTrue();
    }
    assertThat(enterReady(4, HERE)).isFalse();
    assertThat(enterReady(5, THERE)).isTrue();
    assertThat(enterReady(6, THERE)).isTrue();
    assertThat(enterReady(7, THERE)).isFalse();
    assertThat(doorkeeper.total()).isEqualTo(6);

    doorkeeper.left(0, HERE);
    assertThat(enterReady(8, HERE)).isTrue();
    assertThat(enterReady(9, HERE)).isFalse();
    assertThat(counters.counts()).isEqualTo(new ConnectionCounts(7, 3, 0, 0));
    assertThat(told)
        .containsExactly(
            "ip:192.0.2.1 - OF_SOURCE", "ip:192.0.2.2 - IN_TOTAL", "ip:192.0.2.1 - IN_TOTAL");
  }

  /**
   * One handshake too many ends the eldest, not itself: the last to come is let in.
   *
   * <p>Row: DS-8
   */
  @Test
  void enter_oneHandshakeTooMany_endsTheEldest() {
    assertThat(enterReady("ready", HERE)).isTrue();
    for (String id : List.of("a", "b", "c", "d", "e")) {
      assertThat(enter(id, id.equals("e") ? THERE : new Source("ip:192.0.2." + id))).isTrue();
    }
    assertThat(ended).containsExactly("a", "b");
    assertThat(counters.counts()).isEqualTo(new ConnectionCounts(6, 2, 0, 0));
    assertThat(told).containsExactly("ip:192.0.2.a - HANDSHAKES", "ip:192.0.2.b - HANDSHAKES");
  }

  /**
   * Who has spoken stays while there is one who has not, however many come after it.
   *
   * <p>Attack: H7. Row: DS-8
   */
  @Test
  void enter_oneHandshakeTooMany_endsOneThatIsSilent() {
    assertThat(enter("speaks", THERE)).isTrue();
    doorkeeper.spoke("speaks");
    for (String id : List.of("a", "b", "c", "d")) {
      assertThat(enter(id, new Source("ip:192.0.2." + id))).isTrue();
    }
    assertThat(ended).containsExactly("a", "b");
    doorkeeper.spoke("a"); // It is gone: nothing comes of it.
    doorkeeper.spoke("c");
    doorkeeper.spoke("d");

    assertThat(enter("e", HERE)).isTrue();

    assertThat(ended).containsExactly("a", "b", "speaks");
    doorkeeper.left("c", new Source("ip:192.0.2.c"));
    assertThat(counters.counts().unfinished()).isEqualTo(1);
  }

  /** A handshake that ended is counted, one that was finished is not. */
  @Test
  void left_beforeReady_countedAsUnfinished() {
    assertThat(enter("silent", HERE)).isTrue();
    assertThat(enterReady("spoken", HERE)).isTrue();
    doorkeeper.left("silent", HERE);
    doorkeeper.left("spoken", HERE);
    assertThat(counters.counts()).isEqualTo(new ConnectionCounts(2, 0, 1, 0));
    assertThat(doorkeeper.total()).isZero();
  }

  /**
   * The rate of an address is asked before anything is counted; a Unix socket has none.
   *
   * <p>Row: DS-7
   */
  @Test
  void enter_overTheRate_refused() {
    assertThat(enter("fast", new Source("ip:192.0.2.9"))).isFalse();
    assertThat(enter("local", new Source("uid:1.9"))).isTrue();
    assertThat(doorkeeper.total()).isEqualTo(1);
    assertThat(told).isEmpty(); // whoever counts rates tells of them
  }

  /**
   * No more connections of one run than so many; those of another are its own.
   *
   * <p>Row: DS-8
   */
  @Test
  void transportReady_moreOfOneRun_closed() {
    Attributes words = of(Connections.PLUGIN);
    for (int i = 0; i < 3; i++) {
      assertThat(doorkeeper.transportReady(words)).isSameAs(words);
    }
    assertThat(counters.counts().refused()).isEqualTo(1);
    doorkeeper.transportReady(of(Connections.OTHER_PLUGIN));
    assertThat(counters.counts().refused()).isEqualTo(1);
    doorkeeper.transportTerminated(words);
    doorkeeper.transportTerminated(words);
    doorkeeper.transportReady(words);
    assertThat(counters.counts().refused()).isEqualTo(1);
    assertThat(told).containsExactly("unknown " + Connections.PLUGIN + " OF_RUN");
  }

  private static Attributes of(String id) {
    return Attributes.newBuilder()
        .set(
            Peer.KEY,
            new Peer(Optional.of(SpiffeId.parse(id)), Optional.empty(), Optional.empty(), 1))
        .build();
  }

  /**
   * The key of a source has no port, and what one subscriber has of IPv6 is one source.
   *
   * <p>Row: DS-5
   */
  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, ip:192.0.2.1",
    "127.0.0.2, ip:127.0.0.2",
    "2001:db8::1, ip:2001:db8:0:0:0:0:0:0/64",
    "2001:db8::ffff:1, ip:2001:db8:0:0:0:0:0:0/64",
    "2001:db8:0:1::1, ip:2001:db8:0:1:0:0:0:0/64",
    "::ffff:192.0.2.1, ip:192.0.2.1",
    "::1, ip:0:0:0:0:0:0:0:1"
  })
  void source_ofAddress_withoutPort(String address, String expected) throws Exception {
    for (int port : new int[] {1, 40_000}) {
      InetSocketAddress remote = new InetSocketAddress(InetAddress.getByName(address), port);
      assertThat(Source.of(Optional.empty(), remote).name()).isEqualTo(expected);
    }
    assertThat(Source.of(Optional.of(new PeerProcess(7, 1000)), new InetSocketAddress(1)).name())
        .isEqualTo("uid:1000");
  }
}
