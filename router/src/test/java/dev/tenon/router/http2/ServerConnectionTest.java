package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConnectionTest {
  private static final Duration MOMENT = Duration.ofMillis(1);

  private final OpenServer server = new OpenServer(2).begun();

  private List<String> send(Frames frames) {
    return server.client.send(frames);
  }

  private static Frames call(int id) {
    return new Frames().headers(id, true, Frames.call());
  }

  private static Frames open(int id) {
    return new Frames().headers(id, false, Frames.call());
  }

  @Test
  void client_thatBegins_isToldOnce() {
    assertThat(send(new Frames().settings().settings())).hasSize(2);

    assertThat(server.client.link().timesBegun()).isEqualTo(1);
    assertThat(server.client.link().timesAgreed()).isEqualTo(1);
  }

  /**
   * A client that has our SETTINGS may give up the connection that this one takes the place of:
   * whoever counts connections knows of this one by then.
   */
  @Test
  void client_isCountedBeforeItIsToldAnything() {
    OpenServer other = new OpenServer(2);
    byte[] preface = new byte[FrameType.preface().remaining()];
    FrameType.preface().get(preface);
    assertThat(other.client.send(new Frames().raw(Arrays.copyOf(preface, preface.length - 1))))
        .isEmpty();
    assertThat(other.client.link().timesBegun()).isZero();

    other.client.link().whenBegun(() -> assertThat(other.client.read()).isEmpty());
    assertThat(other.client.send(new Frames().raw(preface[preface.length - 1])))
        .first()
        .asString()
        .startsWith("SETTINGS");
    assertThat(other.client.link().timesBegun()).isEqualTo(1);
  }

  /** There is nothing to lose for who has not begun, and GOAWAY is no first frame. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void client_thatHasNotBegun_isSentAwayWithoutAWord(boolean retires) {
    OpenServer other = new OpenServer(2);

    if (retires) {
      other.connection().retire();
    } else {
      other.connection().goodbye();
    }

    assertThat(other.client.read()).isEmpty();
    assertThat(other.client.link().hasEnded()).isTrue();
  }

  @Test
  void client_withAnotherPreface_isSentAway() {
    OpenServer other = new OpenServer(2);

    assertThat(other.client.send(new Frames().raw(new byte[24])))
        .contains("GOAWAY 0 PROTOCOL_ERROR");
    assertThat(other.client.link().hasEnded()).isTrue();
  }

  /** What ends a connection, and with what; stream 1 has ended and 3 is open. */
  static Stream<Arguments> faults() {
    return Stream.of(
        arguments("DATA before its stream", new Frames().data(5, true), "PROTOCOL_ERROR"),
        arguments(
            "RST_STREAM before its stream",
            new Frames().reset(5, ErrorCode.CANCEL),
            "PROTOCOL_ERROR"),
        arguments("WINDOW_UPDATE before its stream", new Frames().window(5, 1), "PROTOCOL_ERROR"),
        arguments("a stream of a server", call(4), "PROTOCOL_ERROR"),
        arguments("a stream that has ended", call(1), "STREAM_CLOSED"),
        arguments("WINDOW_UPDATE of 0", new Frames().window(0, 0), "PROTOCOL_ERROR"),
        arguments("a broken block", new Frames().frame(1, 4, 5, (byte) 0x80), "COMPRESSION_ERROR"),
        arguments(
            "a frame within a block of its own stream",
            new Frames().frame(FrameType.HEADERS, 0, 5, (byte) 0x83).priority(5, 3),
            "PROTOCOL_ERROR"),
        arguments("push", new Frames().settings(Settings.ENABLE_PUSH, 2), "PROTOCOL_ERROR"));
  }

  /** Attack: R25. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void frame_thatBreaksTheConnection_endsIt(String what, Frames frames, String code) {
    assertThat(send(call(1))).isEmpty();
    server.stream(1).stream.headers(Blocks.fields(Frames.answer()), /* ends= */ true);
    assertThat(server.said()).hasSize(1);
    assertThat(send(open(3))).isEmpty();

    assertThat(send(frames)).contains("GOAWAY 3 " + code);

    assertThat(server.client.link().hasEnded()).isTrue();
    assertThat(server.stream(3).events).endsWith("LOST");
    assertThat(server.told).hasSize(2).endsWith("ended");
    assertThat(server.connection().openStreams()).isZero();
  }

  /** What ends stream 1, and with what. */
  static Stream<Arguments> faultsOfAStream() {
    String[] twice = {":method: POST", ":method: POST", ":scheme: https", ":path: /"};
    String[] long5 = {":method: POST", ":scheme: https", ":path: /", "content-length: 5"};
    Frames announced = new Frames().headers(1, false, long5);
    byte[] six = new byte[6];
    return Stream.of(
        arguments("malformed", new Frames().headers(1, true, twice), "PROTOCOL_ERROR"),
        arguments(
            "no content as announced", new Frames().headers(1, true, long5), "PROTOCOL_ERROR"),
        arguments(
            "more than announced",
            new Frames().raw(announced.bytes()).data(1, false, six),
            "PROTOCOL_ERROR"),
        arguments(
            "less than announced",
            new Frames().raw(announced.bytes()).data(1, true, (byte) 1),
            "PROTOCOL_ERROR"),
        arguments(
            "less than announced, and trailers",
            new Frames().raw(announced.bytes()).headers(1, true, "a: b"),
            "PROTOCOL_ERROR"),
        arguments(
            "DATA after the end", new Frames().raw(call(1).bytes()).data(1, true), "STREAM_CLOSED"),
        arguments(
            "HEADERS after the end",
            new Frames().raw(call(1).bytes()).raw(call(1).bytes()),
            "STREAM_CLOSED"),
        arguments(
            "trailers without an end",
            new Frames().raw(open(1).bytes()).headers(1, false, "a: b"),
            "PROTOCOL_ERROR"),
        arguments(
            "trailers with a pseudo-header",
            new Frames().raw(open(1).bytes()).headers(1, true, ":path: /"),
            "PROTOCOL_ERROR"),
        arguments(
            "WINDOW_UPDATE of 0", new Frames().raw(open(1).bytes()).window(1, 0), "PROTOCOL_ERROR"),
        arguments(
            "more streams than allowed",
            new Frames().raw(open(3).bytes()).raw(open(5).bytes()).raw(open(7).bytes()),
            "REFUSED_STREAM"));
  }

  /** Attack: R8, R28. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("faultsOfAStream")
  void frame_thatBreaksAStream_endsThatAlone(String what, Frames frames, String code) {
    List<String> said = send(frames);

    assertThat(said).hasSize(1).allMatch(line -> line.startsWith("RST_STREAM"));
    assertThat(said.get(0)).endsWith(code);
    assertThat(send(call(9)).stream().filter(line -> line.startsWith("GOAWAY"))).isEmpty();
  }

  /** More metadata than we take: told as HTTP says, without a call. Attack: R15. */
  @Test
  void headers_beyondTheLimit_are431() {
    String[] many = Frames.call("x: " + "y".repeat(8 * 1024));

    assertThat(send(new Frames().headers(1, true, many)))
        .containsExactly("HEADERS 1 END :status: 431");
    assertThat(send(new Frames().headers(3, false, many)))
        .containsExactly("HEADERS 3 END :status: 431", "RST_STREAM 3 NO_ERROR");
    assertThat(server.taken).isEmpty();
    assertThat(server.connection().openStreams()).isZero();
  }

  /** Whoever still answers a stream that its client has ended speaks to nobody. */
  @Test
  void stream_thatItsClientHasReset_sendsNothingMore() {
    assertThat(send(open(1).reset(1, ErrorCode.CANCEL))).isEmpty();
    OpenServer.Taken call = server.stream(1);

    call.answer();
    assertThat(call.write(10, /* ends= */ false)).isEqualTo(10);
    assertThat(call.write(10, /* ends= */ true)).isEqualTo(10);

    assertThat(server.said()).isEmpty();
  }

  /** Frames that were under way when we ended their stream are none of its peer's faults. */
  @Test
  void frames_behindOurReset_areDropped() {
    assertThat(send(open(1))).isEmpty();
    server.stream(1).stream.reset(ErrorCode.CANCEL);
    assertThat(server.said()).containsExactly("RST_STREAM 1 CANCEL");

    assertThat(
            send(
                new Frames()
                    .data(1, false, new byte[3])
                    .window(1, 3)
                    .headers(1, true, "a: b")
                    .reset(1, ErrorCode.CANCEL)
                    .ping(1)))
        .containsExactly("PING ACK 1");
    assertThat(server.stream(1).events).hasSize(Frames.call().length);
  }

  @Test
  void data_ofAStreamThatHasEnded_isRefused() {
    assertThat(send(call(1))).isEmpty();
    server.stream(1).stream.headers(Blocks.fields(Frames.answer()), /* ends= */ true);
    assertThat(server.said()).hasSize(1);

    assertThat(send(new Frames().data(1, false, new byte[3])))
        .containsExactly("RST_STREAM 1 STREAM_CLOSED");
  }

  @Test
  void settings_thatNobodyAcknowledges_endTheConnection() {
    OpenServer other = new OpenServer(2);
    var unused = other.client.send(new Frames().raw(Arrays.copyOf(Frames.ofClient().bytes(), 33)));
    other.loop.advance(Http2Connection.SETTINGS_LIMIT.minus(MOMENT));
    assertThat(other.connection().isOver()).isFalse();

    other.loop.advance(MOMENT);

    assertThat(other.client.read()).containsExactly("GOAWAY 0 SETTINGS_TIMEOUT");
    server.loop.advance(Http2Connection.SETTINGS_LIMIT);
    assertThat(server.connection().isOver()).isFalse();
  }

  /** Attack: R18. */
  @Test
  void block_withoutAnEnd_endsTheConnection() {
    assertThat(send(new Frames().frame(FrameType.HEADERS, 0, 1))).isEmpty();
    server.loop.advance(Http2Connection.BLOCK_LIMIT.minus(MOMENT));
    assertThat(send(new Frames().frame(FrameType.CONTINUATION, 0, 1))).isEmpty();

    server.loop.advance(MOMENT);

    assertThat(server.client.read()).containsExactly("GOAWAY 0 ENHANCE_YOUR_CALM");
  }

  /** The time of a block is its own, whatever came before it. */
  @Test
  void block_soonAfterAnother_hasItsWholeTime() {
    Frames parts = new Frames().split(1, true, 2, Frames.call());
    byte[] all = parts.bytes();
    byte[] first = Arrays.copyOf(all, all.length - 9);
    byte[] rest = Arrays.copyOfRange(all, all.length - 9, all.length);
    server.client.sendRaw(first);
    server.client.sendRaw(rest);
    server.loop.advance(Http2Connection.BLOCK_LIMIT.minus(MOMENT));
    assertThat(send(new Frames().frame(FrameType.HEADERS, 0, 3))).isEmpty();

    server.loop.advance(Http2Connection.BLOCK_LIMIT.minus(MOMENT));
    assertThat(server.connection().isOver()).isFalse();
    server.loop.advance(MOMENT.multipliedBy(2));
    assertThat(server.connection().isOver()).isTrue();
  }

  /** Attack: R20. */
  @Test
  void client_thatReadsNoAnswers_isLeft() {
    int most = Http2Connection.MAX_UNREAD_BYTES + 2 * Http2Connection.UNREAD_BYTES_PER_STREAM;
    server.client.link().pending(most);
    assertThat(send(new Frames().ping(1))).containsExactly("PING ACK 1");
    server.client.link().pending(most + 1);

    assertThat(send(new Frames().ping(1))).endsWith("GOAWAY 0 ENHANCE_YOUR_CALM");
  }

  /** Each flood against the connection, until it is sent away; Attack: R16, R17, R20, R21. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("floods")
  void flood_ofAnyKind_endsTheConnection(String what, Frames frames, int atMost) {
    int sent = 0;
    int id = 101;
    while (!server.connection().isOver() && sent <= atMost) {
      boolean opens = what.startsWith("streams");
      var unused = send(opens ? new Frames().raw(open(id).bytes()).raw(broken(what, id)) : frames);
      id += 2;
      sent++;
    }

    assertThat(server.told).hasSize(2).anyMatch(told -> told.startsWith("ENHANCE_YOUR_CALM"));
    assertThat(sent).isLessThanOrEqualTo(atMost + 1);
  }

  private static byte[] broken(String what, int id) {
    Frames frames = new Frames();
    return switch (what) {
      case "streams that are reset" -> frames.reset(id, ErrorCode.CANCEL).bytes();
      case "streams that we reset" -> frames.window(id, 0).bytes();
      default -> frames.frame(FrameType.PRIORITY, 0, id, new byte[4]).bytes();
    };
  }

  static Stream<Arguments> floods() {
    Frames none = new Frames();
    return Stream.of(
        arguments("streams that are reset", none, FloodLimits.RESETS),
        arguments("streams that we reset", none, FloodLimits.RESETS),
        arguments("streams of broken priorities", none, FloodLimits.RESETS),
        arguments("PING", new Frames().ping(1), FloodLimits.PINGS),
        arguments("PING ACK", new Frames().pingAck(1), FloodLimits.PINGS),
        arguments("SETTINGS", new Frames().settings(), FloodLimits.SETTINGS),
        arguments("SETTINGS ACK", new Frames().settingsAck(), FloodLimits.SETTINGS),
        arguments("PRIORITY", new Frames().priority(1, 3), FloodLimits.IDLE),
        arguments("unknown", new Frames().frame(0xEE, 0, 0), FloodLimits.IDLE),
        arguments("WINDOW_UPDATE", new Frames().window(0, 1), FloodLimits.IDLE),
        arguments("GOAWAY", new Frames().goAway(0, ErrorCode.NO_ERROR), FloodLimits.IDLE));
  }

  /** CVE-2019-9518. */
  @Test
  void flood_ofEmptyData_endsTheConnection() {
    assertThat(send(open(1))).isEmpty();
    int sent = 0;
    while (!server.connection().isOver() && sent <= FloodLimits.IDLE + 10) {
      var unused = send(new Frames().data(1, false));
      sent++;
    }

    assertThat(server.told).anyMatch(told -> told.startsWith("ENHANCE_YOUR_CALM"));
  }

  @Test
  void retire_saysItTwice_andEndsAfterTheLastStream() {
    assertThat(send(open(1))).isEmpty();

    server.connection().retire();
    server.connection().retire();
    List<String> said = server.said();
    assertThat(said).hasSize(2).first().isEqualTo("GOAWAY 2147483647 NO_ERROR");
    long data = Long.parseLong(said.get(1).substring("PING ".length()));
    assertThat(send(open(3))).as("under way when we said so").isEmpty();
    assertThat(send(new Frames().pingAck(data + 1))).as("another's").isEmpty();
    assertThat(send(new Frames().pingAck(data))).containsExactly("GOAWAY 3 NO_ERROR");
    assertThat(send(open(5))).as("above what we said").isEmpty();
    assertThat(server.taken).containsOnlyKeys(1, 3);
    assertThat(send(new Frames().reset(1, ErrorCode.CANCEL))).isEmpty();
    assertThat(server.connection().isOver()).isFalse();
    server.stream(3).stream.headers(Blocks.fields(Frames.answer()), /* ends= */ true);

    assertThat(server.said())
        .startsWith("HEADERS 3 END :status: 200|content-type: application/grpc");
    assertThat(server.client.link().hasEnded()).isTrue();
  }

  @Test
  void retire_ofAClientThatAnswersNoPing_goesOnWithoutIt() {
    server.connection().retire();
    assertThat(server.said()).hasSize(2);

    server.loop.advance(ServerConnection.RETIRING_LIMIT);

    assertThat(server.client.read()).containsExactly("GOAWAY 0 NO_ERROR");
    assertThat(server.client.link().hasEnded()).isTrue();
  }

  @Test
  void goodbye_withoutStreams_endsAtOnce() {
    server.connection().goodbye();

    assertThat(server.client.read()).containsExactly("GOAWAY 0 NO_ERROR");
    assertThat(server.client.link().hasEnded()).isTrue();
    assertThat(server.told).containsExactly("ended");
  }

  /** Attack: R30. */
  @Test
  void answer_beforeTheEndOfTheRequest_endsTheStream() {
    assertThat(send(open(1))).isEmpty();

    server.stream(1).stream.headers(Blocks.fields(Frames.answer()), /* ends= */ true);

    assertThat(server.said())
        .containsExactly(
            "HEADERS 1 END :status: 200|content-type: application/grpc", "RST_STREAM 1 NO_ERROR");
    assertThat(send(new Frames().data(1, true, new byte[9]))).isEmpty();
  }
}
