package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a connection sends of DATA: two windows, turns, a full socket, and the end behind it. */
class OutflowTest {
  private static final int WINDOW = Settings.DEFAULT_WINDOW;
  private static final int FRAME = FrameType.MAX_PAYLOAD;

  private final OpenServer server = new OpenServer(100);

  private OpenServer.Taken opened(int id, int... settings) {
    if (id == 1) {
      var unused = server.begun(settings);
    }
    var unused = server.client.send(new Frames().headers(id, true, Frames.call()));
    OpenServer.Taken stream = server.stream(id);
    stream.answer();
    unused = server.said();
    return stream;
  }

  private List<String> answer(Frames frames) {
    return server.client.send(frames);
  }

  /** Returns the sizes of DATA in {@code lines}, as "stream size". */
  private static String data(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("DATA"))
        .map(line -> line.substring(5))
        .collect(Collectors.joining(", "));
  }

  @Test
  void write_beyondTheStreamsWindow_keepsTheRest() {
    OpenServer.Taken stream = opened(1);

    assertThat(stream.write(WINDOW + 10, true)).isEqualTo(WINDOW);

    assertThat(stream.stream.queued()).isEqualTo(10);
    assertThat(data(server.said())).isEqualTo("1 16384, 1 16384, 1 16384, 1 16383");
    assertThat(answer(new Frames().window(1, 4))).as("the connection's is used up").isEmpty();
    assertThat(answer(new Frames().window(0, 100))).containsExactly("DATA 1 4");
    assertThat(answer(new Frames().window(1, 6))).containsExactly("DATA 1 6 END");
    assertThat(stream.sent).isEqualTo(10);
    assertThat(server.connection().openStreams()).isZero();
  }

  /** One stream without a window of its own stops no other. */
  @Test
  void write_whereAnotherStreamIsStopped_goesOn() {
    OpenServer.Taken slow = opened(1, Settings.INITIAL_WINDOW_SIZE, 5);
    OpenServer.Taken other = opened(3);
    assertThat(slow.write(100, false)).isEqualTo(5);

    assertThat(other.write(5, false)).isEqualTo(5);
    assertThat(data(server.said())).isEqualTo("1 5, 3 5");
    assertThat(data(answer(new Frames().window(3, 7)))).isEmpty();
    assertThat(other.write(9, true)).isEqualTo(7);
    assertThat(data(server.said())).isEqualTo("3 7");
  }

  /** Each in turn gets a frame when the connection's window opens. */
  @Test
  void pump_ofManyThatWait_givesEachItsTurn() {
    int wide = 10 * WINDOW;
    OpenServer.Taken first = opened(1, Settings.INITIAL_WINDOW_SIZE, wide);
    OpenServer.Taken second = opened(3);
    OpenServer.Taken third = opened(5);
    assertThat(first.write(WINDOW + 2 * FRAME, false)).isEqualTo(WINDOW);
    assertThat(second.write(2 * FRAME, false)).isZero();
    assertThat(third.write(10, true)).isZero();
    var unused = server.said();

    assertThat(data(answer(new Frames().window(0, 5 * FRAME))))
        .isEqualTo("1 16384, 3 16384, 5 10 END, 1 16384, 3 16384");
  }

  /** What was put first goes first, however small the window was when it came. */
  @Test
  void write_behindWhatWaits_waitsToo() {
    OpenServer.Taken stream = opened(1, Settings.INITIAL_WINDOW_SIZE, 3);
    assertThat(stream.write(5, false)).isEqualTo(3);
    assertThat(stream.write(5, false)).isZero();
    assertThat(stream.stream.queued()).isEqualTo(7);
    var unused = server.said();

    assertThat(answer(new Frames().window(1, 100))).containsExactly("DATA 1 7");
  }

  /** Attack: R23. */
  @Test
  void window_madeNegative_isFilledUpBeforeMoreGoes() {
    OpenServer.Taken stream = opened(1, Settings.INITIAL_WINDOW_SIZE, 100);
    assertThat(stream.write(150, true)).isEqualTo(100);
    var unused = server.said();

    assertThat(answer(new Frames().settings(Settings.INITIAL_WINDOW_SIZE, 0)))
        .containsExactly("SETTINGS ACK");
    assertThat(answer(new Frames().window(1, 100))).as("from -100 to 0").isEmpty();
    assertThat(answer(new Frames().window(1, 20))).containsExactly("DATA 1 20");
    assertThat(answer(new Frames().settings(Settings.INITIAL_WINDOW_SIZE, 30)))
        .containsExactly("SETTINGS ACK", "DATA 1 30 END");
  }

  @Test
  void initialWindow_ofNewStreams_isTheLatest() {
    OpenServer.Taken first = opened(1, Settings.INITIAL_WINDOW_SIZE, 10);
    var unused = answer(new Frames().settings(Settings.INITIAL_WINDOW_SIZE, 20));
    OpenServer.Taken second = opened(3);

    assertThat(first.write(100, false)).isEqualTo(20);
    assertThat(second.write(100, false)).isEqualTo(20);
  }

  /** Attack: R23. */
  @Test
  void window_ofAStreamBeyondItsLimit_endsTheStream() {
    OpenServer.Taken stream = opened(1);

    assertThat(answer(new Frames().window(1, Integer.MAX_VALUE)))
        .containsExactly("RST_STREAM 1 FLOW_CONTROL_ERROR");
    assertThat(stream.events).endsWith("BROKEN");
  }

  /** Attack: R23. */
  @Test
  void window_ofTheConnectionBeyondItsLimit_endsTheConnection() {
    OpenServer.Taken stream = opened(1);

    assertThat(answer(new Frames().window(0, Integer.MAX_VALUE)))
        .containsExactly("GOAWAY 1 FLOW_CONTROL_ERROR");
    assertThat(stream.events).endsWith("LOST");
  }

  @Test
  void initialWindow_beyondTheLimitOfAStream_endsTheConnection() {
    OpenServer.Taken stream = opened(1);
    var unused = answer(new Frames().window(1, 100_000));

    assertThat(answer(new Frames().settings(Settings.INITIAL_WINDOW_SIZE, Integer.MAX_VALUE)))
        .contains("GOAWAY 1 FLOW_CONTROL_ERROR");
    assertThat(stream.events).endsWith("LOST");
  }

  /** A full socket is a window of zero, and what the peer sends is read all the same. */
  @Test
  void write_toAFullSocket_waitsForItAlone() {
    OpenServer.Taken stream = opened(1);
    server.client.link().writable(false);

    assertThat(stream.write(10, false)).isZero();
    assertThat(answer(new Frames().headers(3, true, Frames.call()))).isEmpty();
    assertThat(server.stream(3)).isNotNull();

    server.client.writable(true);
    assertThat(server.client.read()).containsExactly("DATA 1 10");
    assertThat(stream.sent).isEqualTo(10);
  }

  @Test
  void headers_ofTheEnd_waitBehindContent() {
    OpenServer.Taken stream = opened(1, Settings.INITIAL_WINDOW_SIZE, 4);
    assertThat(stream.write(10, false)).isEqualTo(4);
    stream.stream.headers(Blocks.fields(Frames.trailers()), /* ends= */ true);
    assertThat(stream.stream.isWritable()).isFalse();
    assertThat(data(server.said())).isEqualTo("1 4");

    assertThat(answer(new Frames().window(1, 5))).containsExactly("DATA 1 5");
    assertThat(answer(new Frames().window(1, 5)))
        .containsExactly("DATA 1 1", "HEADERS 1 END grpc-status: 0");
    assertThat(server.connection().openStreams()).isZero();
  }

  /** An end without content needs no window. */
  @Test
  void write_ofAnEndAlone_goesAtOnce() {
    OpenServer.Taken stream = opened(1, Settings.INITIAL_WINDOW_SIZE, 0);

    assertThat(stream.write(0, true)).isZero();

    assertThat(server.said()).containsExactly("DATA 1 0 END");
  }

  @Test
  void write_muchAtOnce_isFlushedOnTheWay() {
    OpenServer.Taken stream = opened(1, Settings.INITIAL_WINDOW_SIZE, 400_000);
    var unused = answer(new Frames().window(0, 400_000));
    int before = server.client.link().flushes();

    assertThat(stream.write(200_000, true)).isEqualTo(200_000);

    int each = FRAME + FrameType.HEADER_BYTES;
    int framesOfAFlush = (Outflow.FLUSH_BYTES + each - 1) / each;
    assertThat(server.client.link().flushes() - before).isEqualTo(13 / framesOfAFlush);
    assertThat(server.client.link().unflushed()).isLessThan(Outflow.FLUSH_BYTES + each);
  }

  /** What waits of a stream that ends goes nowhere, and the others take its turn. */
  @Test
  void reset_ofAStreamThatWaits_letsTheOthersGoOn() {
    OpenServer.Taken first = opened(1, Settings.INITIAL_WINDOW_SIZE, 10 * WINDOW);
    OpenServer.Taken second = opened(3);
    assertThat(first.write(WINDOW + 100, false)).isEqualTo(WINDOW);
    assertThat(second.write(100, true)).isZero();
    var unused = server.said();

    assertThat(answer(new Frames().reset(1, ErrorCode.CANCEL).window(0, 1_000)))
        .containsExactly("DATA 3 100 END");
    assertThat(first.stream.queued()).isZero();
  }
}
