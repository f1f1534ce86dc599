package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is easily got wrong about flow control in a relay: windows, sockets and what waits. */
class FlowPitfallsTest {
  /** What a peer of ours may send on a stream at first. */
  private static final int FIRST = 32 * 1024;

  /** What a connection takes before it says otherwise. */
  private static final int CONNECTION = 65_535;

  private static final int INITIAL_WINDOW_SIZE = 0x4;

  private final MemoryRelay relay = new MemoryRelay();

  /** Returns how many bytes of DATA on {@code stream} are in {@code lines}. */
  private static int data(List<String> lines, int stream) {
    return sum(lines, "DATA " + stream + " ");
  }

  private static int opened(List<String> lines, int stream) {
    return sum(lines, "WINDOW_UPDATE " + stream + " ");
  }

  private static int sum(List<String> lines, String kind) {
    return lines.stream()
        .filter(line -> line.startsWith(kind))
        .mapToInt(line -> Integer.parseInt(line.substring(kind.length()).replace(" END", "")))
        .sum();
  }

  /** Sends {@code bytes} of a message in frames, after its prefix. */
  private static Frames message(int stream, boolean ends, int bytes) {
    byte[] prefix = {
      0, (byte) (bytes >>> 24), (byte) (bytes >>> 16), (byte) (bytes >>> 8), (byte) bytes
    };
    return new Frames().data(stream, false, prefix).much(stream, ends, bytes);
  }

  /**
   * The first call of all is 5 MiB, and comes before there is a connection: what waits for that has
   * to wait for the windows of the connection too.
   */
  @Test
  void call_of5MiBBeforeTheProviderIsReady_arrives() {
    relay.maxMessageBytes = 5 * 1024 * 1024;
    relay.connectsAtOnce = false;
    FakePeer caller = relay.caller();
    int whole = 5 * 1024 * 1024;
    int left = whole - (FIRST - 5);
    byte[] prefix = {0, 0, 0x50, 0, 0};
    for (int id = 1; id <= 5; id += 2) {
      Frames head = new Frames().headers(id, false, Frames.call()).data(id, false, prefix);
      assertThat(caller.send(head.much(id, false, FIRST - 5))).as("is not taken").isEmpty();
    }

    relay.connect();
    FakePeer provider = relay.providers.get(0);
    List<String> arrived = provider.send(Frames.ofServer());

    assertThat(data(arrived, 1) + data(arrived, 3) + data(arrived, 5)).isEqualTo(CONNECTION);
    int got = data(arrived, 1);
    List<String> said = caller.read();
    while (got < whole + 5) {
      int room = Math.min(left, opened(said, 1));
      left -= room;
      arrived = provider.send(new Frames().window(0, 40_000).window(1, 40_000));
      said = caller.send(new Frames().much(1, left == 0, room));
      arrived = concat(arrived, provider.read());
      got += data(arrived, 1);
      said = concat(said, caller.read());
    }
    assertThat(got).isEqualTo(whole + 5);
    assertThat(arrived.get(arrived.size() - 1)).endsWith("END");
  }

  private static List<String> concat(List<String> some, List<String> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }

  /** A provider that reads nothing of one call gets the others on the same two connections. */
  @Test
  void request_thatNobodyReads_stopsNoOther() {
    FakePeer provider = relay.provider(INITIAL_WINDOW_SIZE, 1_000);
    FakePeer caller = relay.caller();
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));
    List<String> said = caller.send(message(1, false, FIRST - 5));
    assertThat(data(provider.read(), 1)).isEqualTo(1_000);
    assertThat(opened(said, 1)).as("the caller is to wait").isZero();
    assertThat(opened(said, 0) > 0 || said.isEmpty()).isTrue();

    unused = caller.send(new Frames().headers(3, false, Frames.call()));
    unused = caller.send(message(3, true, 500));

    assertThat(data(provider.read(), 3)).isEqualTo(505);
  }

  /** A caller that reads nothing of one call gets the others on the same two connections. */
  @Test
  void answer_thatNobodyReads_stopsNoOther() {
    FakePeer provider = relay.provider();
    FakePeer caller = relay.caller(INITIAL_WINDOW_SIZE, 1_000);
    var unused =
        caller.send(new Frames().headers(1, true, Frames.call()).headers(3, true, Frames.call()));
    unused = provider.read();
    unused = provider.send(new Frames().headers(1, false, Frames.answer()));
    List<String> said = provider.send(message(1, false, FIRST - 5));
    assertThat(data(caller.read(), 1)).isEqualTo(1_000);
    assertThat(opened(said, 1)).as("the provider is to wait").isZero();

    unused = provider.send(new Frames().headers(3, false, Frames.answer()));
    unused = provider.send(message(3, false, 500));

    assertThat(data(caller.read(), 3)).isEqualTo(505);
    unused = caller.send(new Frames().window(1, 40_000));
    assertThat(opened(provider.read(), 1)).as("what the caller took").isGreaterThan(FIRST / 2);
  }

  /** The socket of one caller is full: providers are read on, and others get their answers. */
  @Test
  void answer_toAFullSocket_stopsNoOtherCaller() {
    FakePeer provider = relay.provider();
    FakePeer full = relay.caller();
    FakePeer other = relay.caller();
    var unused = full.send(new Frames().headers(1, true, Frames.call()));
    unused = other.send(new Frames().headers(1, true, Frames.call()));
    unused = provider.read();
    full.link().writable(false);

    unused =
        provider.send(
            new Frames().headers(1, false, Frames.answer()).raw(message(1, false, 5_000).bytes()));
    unused =
        provider.send(
            new Frames()
                .headers(3, false, Frames.answer())
                .raw(message(3, false, 10).bytes())
                .headers(3, true, Frames.trailers()));

    assertThat(data(full.read(), 1)).isZero();
    assertThat(other.read()).hasSize(4).last().isEqualTo("HEADERS 1 END grpc-status: 0");
    full.writable(true);
    assertThat(data(full.read(), 1)).isEqualTo(5_005);
  }

  /** The socket of the provider is full: the caller is stopped by its stream's window alone. */
  @Test
  void request_toAFullSocket_waitsWithinTheWindow() {
    FakePeer provider = relay.provider();
    FakePeer caller = relay.caller();
    var unused = caller.send(new Frames().headers(1, false, Frames.call()));
    unused = provider.read();
    provider.link().writable(false);

    assertThat(opened(caller.send(message(1, true, FIRST - 5)), 1)).isZero();
    assertThat(caller.send(new Frames().ping(5))).contains("PING ACK 5");
    assertThat(data(provider.read(), 1)).isZero();

    provider.writable(true);
    assertThat(data(provider.read(), 1)).isEqualTo(FIRST);
  }

  /** Trailers wait behind what their stream has not sent. */
  @Test
  void trailers_behindContentThatWaits_comeAfterIt() {
    FakePeer provider = relay.provider();
    FakePeer caller = relay.caller(INITIAL_WINDOW_SIZE, 4);
    var unused = caller.send(new Frames().headers(1, true, Frames.call()));
    unused =
        provider.send(
            new Frames()
                .headers(1, false, Frames.answer())
                .raw(message(1, false, 10).bytes())
                .headers(1, true, Frames.trailers()));

    assertThat(caller.read()).hasSize(2).last().isEqualTo("DATA 1 4");
    assertThat(relay.told).containsExactly("1 OK");
    assertThat(caller.send(new Frames().window(1, 10))).containsExactly("DATA 1 10");
    assertThat(caller.send(new Frames().window(1, 1)))
        .containsExactly("DATA 1 1", "HEADERS 1 END grpc-status: 0");
    assertThat(relay.told).containsExactly("1 OK", "1 over");
  }

  /** What comes after a cancel still counts, and is given back to the connection. */
  @Test
  void answer_afterItsCancel_leavesTheConnectionOpen() {
    FakePeer provider = relay.provider();
    FakePeer caller = relay.caller();
    var unused = caller.send(new Frames().headers(1, true, Frames.call()));
    unused = provider.send(new Frames().headers(1, false, Frames.answer()));
    unused = caller.send(new Frames().reset(1, ErrorCode.CANCEL));
    assertThat(provider.read()).containsExactly("RST_STREAM 1 CANCEL");

    int back = 0;
    for (int i = 0; i < 40; i++) {
      back += opened(provider.send(new Frames().much(1, false, CONNECTION)), 0);
    }

    assertThat(back).isGreaterThan(40 * CONNECTION - 600_000);
    unused = caller.send(new Frames().headers(3, true, Frames.call()));
    assertThat(provider.read()).hasSize(1);
  }
}
