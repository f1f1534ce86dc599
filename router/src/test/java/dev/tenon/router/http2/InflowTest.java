package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a connection takes of DATA: the stream's window is the reader's, the connection's is not.
 */
class InflowTest {
  private static final int WINDOW = Inflow.FIRST_WINDOW;
  private static final int ENOUGH = WINDOW / 4 * 3;

  private final OpenServer server = new OpenServer(100).begun();

  private List<String> send(Frames frames) {
    return server.client.send(frames);
  }

  private OpenServer.Taken opened(int id) {
    assertThat(send(new Frames().headers(id, false, Frames.call()))).isEmpty();
    return server.stream(id);
  }

  @Test
  void connection_thatBegins_isOpenedWide() {
    OpenServer other = new OpenServer(7);

    assertThat(other.client.send(Frames.ofClient()))
        .containsExactly(
            "SETTINGS {3=7, 4=32768, 6=8192}",
            "WINDOW_UPDATE 0 " + (Inflow.CONNECTION_WINDOW - Settings.DEFAULT_WINDOW),
            "SETTINGS ACK");
  }

  @Test
  void data_thatNobodyHasTaken_leavesTheStreamsWindowShut() {
    OpenServer.Taken stream = opened(1);

    assertThat(send(new Frames().much(1, false, WINDOW))).isEmpty();
    assertThat(stream.bytes).isEqualTo(WINDOW);
    stream.stream.consumed(ENOUGH - 1);
    assertThat(server.said()).as("not worth a frame").isEmpty();
    stream.stream.consumed(1);
    assertThat(server.said()).containsExactly("WINDOW_UPDATE 1 " + ENOUGH);
    assertThat(send(new Frames().much(1, false, ENOUGH))).isEmpty();
    assertThat(send(new Frames().data(1, false, new byte[1])))
        .containsExactly("RST_STREAM 1 FLOW_CONTROL_ERROR");
    assertThat(stream.events).endsWith("BROKEN");
  }

  /** A stream that moves more gets a wider window, if its handler has room for that. */
  @Test
  void consumed_ofAStreamThatWidens_opensWider() {
    OpenServer.Taken stream = opened(1);
    stream.widens = true;
    assertThat(send(new Frames().much(1, false, WINDOW))).isEmpty();

    stream.stream.consumed(WINDOW);

    int wide = Inflow.WIDE_WINDOW;
    assertThat(server.said()).containsExactly("WINDOW_UPDATE 1 " + wide);
    assertThat(send(new Frames().much(1, false, wide))).hasSizeLessThan(2);
    assertThat(stream.bytes).isEqualTo(WINDOW + wide);
    assertThat(send(new Frames().data(1, false, new byte[1])))
        .containsExactly("RST_STREAM 1 FLOW_CONTROL_ERROR");
  }

  /** Until our SETTINGS are acknowledged the default holds. */
  @Test
  void data_beforeOurSettingsAreKnown_hasTheDefaultWindow() {
    OpenServer other = new OpenServer(7);
    byte[] begin = Arrays.copyOf(Frames.ofClient().bytes(), 24 + FrameType.HEADER_BYTES);
    int more = Settings.DEFAULT_WINDOW;

    List<String> said =
        other.client.send(
            new Frames().raw(begin).headers(1, false, Frames.call()).much(1, false, more));

    assertThat(said).noneMatch(line -> line.startsWith("RST_STREAM"));
    assertThat(other.stream(1).bytes).isEqualTo(more);
    assertThat(other.client.send(new Frames().settingsAck())).isEmpty();
    other.stream(1).stream.consumed(more);
    assertThat(other.said()).containsExactly("WINDOW_UPDATE 1 " + more);
    assertThat(other.client.send(new Frames().much(1, false, WINDOW))).isEmpty();
    assertThat(other.client.send(new Frames().data(1, false, new byte[1])))
        .containsExactly("RST_STREAM 1 FLOW_CONTROL_ERROR");
  }

  /** One reader that takes nothing stops no other stream of its connection. */
  @Test
  void connection_whoseStreamsAreNotRead_opensAtOnce() {
    int open = 0;
    for (int id = 1; id < 60; id += 2) {
      OpenServer.Taken unread = opened(id);
      open += send(new Frames().much(id, false, WINDOW)).size();
      assertThat(unread.bytes).isEqualTo(WINDOW);
    }

    assertThat(open)
        .as("updates of the connection's window")
        .isEqualTo(30 * WINDOW * 2 / 1_048_576);
  }

  @Test
  void data_beyondTheConnectionsWindow_endsTheConnection() throws Exception {
    Inflow inflow = new Inflow(new FrameWriter(server.client.link(), new HpackEncoder(0)));

    assertThat(refusalOf(() -> inflow.receive(Inflow.CONNECTION_WINDOW + 1)))
        .isEqualTo("FLOW_CONTROL_ERROR 0");
    inflow.receive(Inflow.CONNECTION_WINDOW);
    inflow.receive(Inflow.CONNECTION_WINDOW);
  }

  private interface Step {
    void run() throws Http2Fault;
  }

  private static String refusalOf(Step step) {
    try {
      step.run();
      return "none";
    } catch (Http2Fault fault) {
      return fault.code() + " " + fault.stream();
    }
  }

  /** Padding counts, and is given back, since nobody else will. */
  @Test
  void padding_isGivenBackAtOnce() {
    OpenServer.Taken stream = opened(1);
    Frames frames = new Frames();
    for (int i = 0; i < 128; i++) {
      frames.padded(1, false, 255);
    }

    assertThat(send(frames)).containsExactly("WINDOW_UPDATE 1 " + ENOUGH);
    assertThat(stream.bytes).isZero();
    assertThat(send(new Frames().much(1, false, ENOUGH))).isEmpty();
    assertThat(stream.bytes).isEqualTo(ENOUGH);
  }

  /** DATA of streams that we ended counts in the connection's window. */
  @Test
  void data_behindOurReset_opensTheConnectionAgain() {
    OpenServer.Taken stream = opened(1);
    stream.stream.reset(ErrorCode.CANCEL);
    assertThat(server.said()).containsExactly("RST_STREAM 1 CANCEL");

    List<String> said = send(new Frames().much(1, false, 600_000));

    assertThat(said).hasSize(1).allMatch(line -> line.startsWith("WINDOW_UPDATE 0 "));
  }

  @Test
  void data_thatEndsItsStream_isNotGivenBack() {
    OpenServer.Taken stream = opened(1);
    assertThat(send(new Frames().much(1, true, WINDOW))).isEmpty();

    stream.stream.consumed(WINDOW);

    assertThat(server.said()).isEmpty();
  }
}
