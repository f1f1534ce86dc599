package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ClientConnectionTest {
  private static final List<HeaderField> CALL = Blocks.fields(Frames.call());

  private final FakeLoop loop = new FakeLoop();
  private final FakeLink link = new FakeLink(loop);
  private final Told told = new Told();
  private final ClientConnection connection = new ClientConnection(link, told, new Flusher(loop));
  private final FakePeer server = new FakePeer(loop, link, connection);

  private OpenServer.Taken open(boolean ends) {
    Handler handler = new Handler();
    OpenServer.Taken taken = new OpenServer.Taken(connection.open(CALL, ends, handler));
    handler.to.add(taken);
    loop.run();
    var unused = server.read();
    return taken;
  }

  @Test
  void connection_beforeSettings_takesNoStream() {
    loop.run();
    assertThat(server.read())
        .containsExactly(
            "SETTINGS {2=0, 4=32768, 6=8192}",
            "WINDOW_UPDATE 0 " + (Inflow.CONNECTION_WINDOW - Settings.DEFAULT_WINDOW));
    assertThat(connection.canOpen()).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> connection.open(CALL, true, new Handler()));

    assertThat(server.send(Frames.ofServer())).containsExactly("SETTINGS ACK");

    assertThat(connection.canOpen()).isTrue();
    assertThat(told.events).containsExactly("room");
  }

  @Test
  void connection_ofFewStreams_takesNoMore() {
    var unused = server.send(Frames.ofServer(Settings.MAX_CONCURRENT_STREAMS, 1));
    OpenServer.Taken first = open(true);
    assertThat(connection.canOpen()).isFalse();

    unused =
        server.send(
            new Frames().headers(1, false, Frames.answer()).headers(1, true, Frames.trailers()));

    assertThat(first.events).hasSize(2);
    assertThat(connection.canOpen()).isTrue();
    assertThat(told.events).containsExactly("room", "room");
    unused = server.send(new Frames().settings(Settings.MAX_CONCURRENT_STREAMS, 0));
    assertThat(connection.canOpen()).isFalse();
  }

  /** What ends the connection; stream 1 is open and 3 has not begun. */
  static Stream<Arguments> faults() {
    return Stream.of(
        arguments(
            "an answer to nothing",
            new Frames().headers(3, true, Frames.answer()),
            "PROTOCOL_ERROR"),
        arguments(
            "a stream of its own",
            new Frames().headers(2, true, Frames.answer()),
            "PROTOCOL_ERROR"),
        arguments("DATA to nothing", new Frames().data(3, true), "PROTOCOL_ERROR"),
        arguments(
            "a fault of what has not begun, and so cannot be reset",
            new Frames().frame(FrameType.PRIORITY, 0, 3, new byte[4]),
            "FRAME_SIZE_ERROR"),
        arguments(
            "push",
            new Frames().frame(FrameType.PUSH_PROMISE, 4, 1, new byte[4]),
            "PROTOCOL_ERROR"),
        arguments(
            "allowed push", new Frames().settings(Settings.ENABLE_PUSH, 1), "PROTOCOL_ERROR"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void frame_thatBreaksTheConnection_endsIt(String what, Frames frames, String code) {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken stream = open(true);

    assertThat(server.send(frames)).contains("GOAWAY 0 " + code);

    assertThat(stream.events).containsExactly("LOST");
    assertThat(told.events).hasSize(3).endsWith("ended");
    assertThat(link.hasEnded()).isTrue();
  }

  /** What ends stream 1. */
  static Stream<Arguments> faultsOfAStream() {
    Frames head = new Frames().headers(1, false, Frames.answer());
    return Stream.of(
        arguments("DATA before HEADERS", new Frames().data(1, false, (byte) 1), "PROTOCOL_ERROR"),
        arguments("malformed", new Frames().headers(1, false, "a: b"), "PROTOCOL_ERROR"),
        arguments(
            "interim and ended", new Frames().headers(1, true, ":status: 100"), "PROTOCOL_ERROR"),
        arguments(
            "trailers without end",
            new Frames().raw(head.bytes()).headers(1, false, "a: b"),
            "PROTOCOL_ERROR"),
        arguments(
            "malformed trailers",
            new Frames().raw(head.bytes()).headers(1, true, ":status: 200"),
            "PROTOCOL_ERROR"),
        arguments(
            "HEADERS after the end",
            new Frames().headers(1, true, Frames.answer()).headers(1, true, "a: b"),
            "STREAM_CLOSED"),
        arguments(
            "DATA after the end",
            new Frames().headers(1, true, Frames.answer()).data(1, true),
            "STREAM_CLOSED"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faultsOfAStream")
  void frame_thatBreaksAStream_endsThatAlone(String what, Frames frames, String code) {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken stream = open(false);

    assertThat(server.send(frames)).containsExactly("RST_STREAM 1 " + code);

    assertThat(stream.events).endsWith("BROKEN");
    assertThat(connection.canOpen()).isTrue();
  }

  @Test
  void headers_beyondTheLimit_cancelTheStream() {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken stream = open(false);

    assertThat(
            server.send(new Frames().headers(1, false, ":status: 200", "x: " + "y".repeat(9_000))))
        .containsExactly("RST_STREAM 1 CANCEL");

    assertThat(stream.events).containsExactly("too long");
  }

  /** Interim answers pass by. */
  @Test
  void headers_interim_areNotTheAnswer() {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken stream = open(true);

    unused =
        server.send(
            new Frames()
                .headers(1, false, ":status: 100")
                .headers(1, false, ":status: 103", "link: x")
                .headers(1, true, Frames.answer()));

    assertThat(stream.events).hasSize(1);
    assertThat(connection.openStreams()).isZero();
  }

  /** What the server has not done is refused, and the rest runs on. */
  @Test
  void goAway_withStreamsAboveItsLast_refusesThese() {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken first = open(true);
    OpenServer.Taken second = open(true);

    unused = server.send(new Frames().goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR));
    assertThat(second.events).isEmpty();
    unused = server.send(new Frames().goAway(1, ErrorCode.NO_ERROR));

    assertThat(first.events).isEmpty();
    assertThat(second.events).containsExactly("REFUSED");
    assertThat(connection.canOpen()).isFalse();
    assertThat(told.events).containsExactly("room", "leaving");
    unused = server.send(new Frames().headers(1, true, Frames.answer()));
    assertThat(first.events).hasSize(1);
    assertThat(link.hasEnded()).isTrue();
    assertThat(told.events).containsExactly("room", "leaving", "ended");
  }

  static Stream<Arguments> resets() {
    return Stream.of(
        arguments(ErrorCode.CANCEL, "CANCELLED"),
        arguments(ErrorCode.NO_ERROR, "CANCELLED"),
        arguments(ErrorCode.REFUSED_STREAM, "REFUSED"),
        arguments(ErrorCode.INTERNAL_ERROR, "FAILED"),
        arguments(ErrorCode.ENHANCE_YOUR_CALM, "FAILED"));
  }

  @ParameterizedTest
  @MethodSource("resets")
  void reset_byTheServer_saysWhy(ErrorCode code, String why) {
    var unused = server.send(Frames.ofServer());
    OpenServer.Taken stream = open(true);

    assertThat(server.send(new Frames().reset(1, code))).isEmpty();

    assertThat(stream.events).containsExactly(why);
    assertThat(stream.write(5, true)).as("is dropped").isEqualTo(5);
  }

  private static final class Told implements ClientConnection.Listener {
    private final List<String> events = new ArrayList<>();

    @Override
    public void roomMade() {
      events.add("room");
    }

    @Override
    public void leaving() {
      events.add("leaving");
    }

    @Override
    public void broken(ErrorCode code, String what) {
      events.add("broken " + code);
    }

    @Override
    public void ended() {
      events.add("ended");
    }
  }

  /** Passes on to what is made after the stream. */
  private static final class Handler implements StreamHandler {
    private final List<OpenServer.Taken> to = new ArrayList<>();

    @Override
    public void headers(List<HeaderField> fields, boolean ends) {
      to.get(0).headers(fields, ends);
    }

    @Override
    public void headersTooLong() {
      to.get(0).headersTooLong();
    }

    @Override
    public void data(ByteBuffer part, boolean ends) {
      to.get(0).data(part, ends);
    }

    @Override
    public void sent(int bytes) {
      to.get(0).sent(bytes);
    }

    @Override
    public void ended(End why) {
      to.get(0).ended(why);
    }
  }
}
