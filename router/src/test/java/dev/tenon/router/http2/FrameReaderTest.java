package dev.tenon.router.http2;

import static dev.tenon.router.http2.FrameType.END_HEADERS;
import static dev.tenon.router.http2.FrameType.END_STREAM;
import static dev.tenon.router.http2.FrameType.PADDED;
import static dev.tenon.router.http2.FrameType.PRIORITISED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FrameReaderTest {
  private static final byte[] SOME = {1, 2, 3};
  private static final byte[] PADDED_HEADERS = {2, 9, 8, 0, 0};

  private static Frames begun() {
    return new Frames().settings();
  }

  private static byte[] bytes(int length) {
    return new byte[length];
  }

  /** Every kind of frame, in every form that is lawful. */
  private static byte[] allKinds() {
    return begun()
        .settings(Settings.INITIAL_WINDOW_SIZE, 7, 0x99, 1)
        .settingsAck()
        .frame(FrameType.HEADERS, END_HEADERS, 1, SOME)
        .frame(FrameType.HEADERS, END_HEADERS | END_STREAM | PADDED, 3, PADDED_HEADERS)
        .frame(FrameType.HEADERS, END_HEADERS | PRIORITISED, 5, new byte[] {0, 0, 0, 1, 9, 4, 5})
        .frame(FrameType.HEADERS, END_STREAM, 7, SOME)
        .frame(FrameType.CONTINUATION, 0, 7)
        .frame(FrameType.CONTINUATION, END_HEADERS, 7, SOME)
        .data(1, false, SOME)
        .padded(1, false, 4, SOME)
        .padded(1, false, 4)
        .padded(1, false, 0)
        .data(1, false)
        .padded(1, true, 1, SOME)
        .data(5, true)
        .priority(9, 1)
        .reset(5, ErrorCode.CANCEL)
        .ping(77)
        .pingAck(78)
        .window(0, 5)
        .window(0x8000_0001, 0x8000_0006)
        .frame(0xEE, 0xFF, 3, SOME)
        .goAway(3, ErrorCode.NO_ERROR)
        .frame(FrameType.GOAWAY, 0, 0, bytes(12))
        .bytes();
  }

  private static final List<String> ALL_KINDS =
      List.of(
          "settings 0",
          "settings 12",
          "ack",
          "headers 1 010203",
          "headers 3 0908 END",
          "headers 5 0405",
          "headers 7 010203010203 END",
          "begin 1 3",
          "data 1 010203",
          "begin 1 8",
          "dropped 1 1",
          "data 1 010203",
          "dropped 1 4",
          "begin 1 5",
          "dropped 1 1",
          "data 1 ",
          "dropped 1 4",
          "begin 1 1",
          "dropped 1 1",
          "data 1 ",
          "begin 1 0",
          "data 1 ",
          "begin 1 5",
          "dropped 1 1",
          "data 1 010203 END",
          "dropped 1 1",
          "begin 5 0",
          "data 5  END",
          "priority",
          "reset 5 8",
          "ping 77",
          "ping ack 78",
          "window 0 5",
          "window 1 6",
          "unknown",
          "goaway 3 0",
          "goaway 0 0");

  @Test
  void read_everyKind_tellsOfEach() throws Exception {
    FrameLog log = new FrameLog();

    new FrameReader(log).read(ByteBuffer.wrap(allKinds()));

    assertThat(log.events()).isEqualTo(ALL_KINDS);
  }

  @Test
  void read_cutAnywhere_tellsTheSame() throws Exception {
    byte[] all = allKinds();
    for (int cut = 0; cut <= all.length; cut++) {
      FrameLog log = new FrameLog();
      FrameReader reader = new FrameReader(log);
      reader.read(ByteBuffer.wrap(all, 0, cut));
      reader.read(ByteBuffer.wrap(all, cut, all.length - cut));

      assertThat(log.events()).as("cut at " + cut).isEqualTo(ALL_KINDS);
    }
  }

  @Test
  void read_byteByByte_tellsTheSame() throws Exception {
    FrameLog log = new FrameLog();
    FrameReader reader = new FrameReader(log);
    for (byte each : allKinds()) {
      reader.read(ByteBuffer.wrap(new byte[] {each}));
    }

    assertThat(log.events()).isEqualTo(ALL_KINDS);
  }

  private static Arguments refused(String what, Frames frames, ErrorCode code) {
    return arguments(what, frames.bytes(), code, 0);
  }

  private static Arguments reset(String what, Frames frames, ErrorCode code, int stream) {
    return arguments(what, frames.bytes(), code, stream);
  }

  static Stream<Arguments> refusals() {
    ErrorCode protocol = ErrorCode.PROTOCOL_ERROR;
    ErrorCode size = ErrorCode.FRAME_SIZE_ERROR;
    ErrorCode calm = ErrorCode.ENHANCE_YOUR_CALM;
    Frames many = begun().frame(FrameType.HEADERS, 0, 1);
    for (int i = 0; i <= HeaderBlock.MAX_CONTINUATIONS; i++) {
      many.frame(FrameType.CONTINUATION, 0, 1);
    }
    Frames open = begun().frame(FrameType.HEADERS, 0, 1, SOME);
    return Stream.of(
        refused("another frame first", new Frames().ping(1), protocol),
        refused("an acknowledgement first", new Frames().settingsAck(), protocol),
        refused("longer than we take", begun().frame(16_385, 0xEE, 0, 0), size),
        refused("CONTINUATIONs without end", many, calm),
        refused(
            "a block too long",
            begun()
                .frame(FrameType.HEADERS, 0, 1, bytes(16_384))
                .frame(FrameType.CONTINUATION, 0, 1, bytes(16_384))
                .frame(FrameType.CONTINUATION, 0, 1, bytes(1)),
            calm),
        refused("another frame in a block", new Frames().raw(open.bytes()).ping(1), protocol),
        refused(
            "a block of another stream",
            new Frames().raw(open.bytes()).frame(FrameType.CONTINUATION, 0, 3),
            protocol),
        refused("DATA on 0", begun().data(0, false, SOME), protocol),
        refused("DATA padded and empty", begun().frame(FrameType.DATA, PADDED, 1), size),
        refused(
            "DATA of padding beyond it",
            begun().frame(FrameType.DATA, PADDED, 1, SOME[2]),
            protocol),
        refused("HEADERS on 0", begun().frame(FrameType.HEADERS, END_HEADERS, 0, SOME), protocol),
        refused(
            "HEADERS padded and empty",
            begun().frame(FrameType.HEADERS, END_HEADERS | PADDED, 1),
            size),
        refused(
            "HEADERS too short for a priority",
            begun().frame(FrameType.HEADERS, END_HEADERS | PRIORITISED, 1, bytes(4)),
            size),
        refused(
            "HEADERS of padding beyond it",
            begun().frame(FrameType.HEADERS, END_HEADERS | PADDED, 1, SOME[2], SOME[0]),
            protocol),
        refused(
            "HEADERS that depend on themselves",
            begun()
                .frame(
                    FrameType.HEADERS,
                    END_HEADERS | PRIORITISED,
                    3,
                    new byte[] {(byte) 0x80, 0, 0, 3, 1}),
            protocol),
        refused(
            "CONTINUATION alone",
            begun().frame(FrameType.CONTINUATION, END_HEADERS, 1, SOME),
            protocol),
        refused("CONTINUATION on 0", begun().frame(FrameType.CONTINUATION, 0, 0), protocol),
        refused("PRIORITY on 0", begun().priority(0, 1), protocol),
        reset("PRIORITY of 4", begun().frame(FrameType.PRIORITY, 0, 3, bytes(4)), size, 3),
        reset("PRIORITY of 6", begun().frame(FrameType.PRIORITY, 0, 3, bytes(6)), size, 3),
        reset("PRIORITY on itself", begun().priority(3, 3), protocol, 3),
        refused("RST_STREAM on 0", begun().reset(0, ErrorCode.CANCEL), protocol),
        refused("RST_STREAM of 3", begun().frame(FrameType.RST_STREAM, 0, 1, bytes(3)), size),
        refused("RST_STREAM of 5", begun().frame(FrameType.RST_STREAM, 0, 1, bytes(5)), size),
        refused("SETTINGS on 1", begun().frame(FrameType.SETTINGS, 0, 1), protocol),
        refused("SETTINGS ACK with some", begun().frame(FrameType.SETTINGS, 1, 0, bytes(6)), size),
        refused("SETTINGS of 5", begun().frame(FrameType.SETTINGS, 0, 0, bytes(5)), size),
        refused("PUSH_PROMISE", begun().frame(FrameType.PUSH_PROMISE, 4, 1, bytes(5)), protocol),
        refused("PING on 1", begun().frame(FrameType.PING, 0, 1, bytes(8)), protocol),
        refused("PING of 7", begun().frame(FrameType.PING, 0, 0, bytes(7)), size),
        refused("PING of 9", begun().frame(FrameType.PING, 1, 0, bytes(9)), size),
        refused("GOAWAY on 1", begun().frame(FrameType.GOAWAY, 0, 1, bytes(8)), protocol),
        refused("GOAWAY of 7", begun().frame(FrameType.GOAWAY, 0, 0, bytes(7)), size),
        refused("WINDOW_UPDATE of 3", begun().frame(FrameType.WINDOW_UPDATE, 0, 0, bytes(3)), size),
        refused(
            "WINDOW_UPDATE of 5", begun().frame(FrameType.WINDOW_UPDATE, 0, 0, bytes(5)), size));
  }

  /**
   * Whole and cut everywhere.
   *
   * <p>Attack: R18, R25
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void read_whatAFrameAloneCanBreak_isRefused(
      String what, byte[] frames, ErrorCode code, int stream) {
    for (int cut = 0; cut < frames.length; cut++) {
      FrameReader reader = new FrameReader(new FrameLog());
      int at = cut;

      Http2Fault fault =
          catchThrowableOfType(
              Http2Fault.class,
              () -> {
                reader.read(ByteBuffer.wrap(frames, 0, at));
                reader.read(ByteBuffer.wrap(frames, at, frames.length - at));
              });

      assertThat(fault).as("cut at %d", cut).isNotNull();
      assertThat(fault.code()).isEqualTo(code);
      assertThat(fault.stream()).isEqualTo(stream);
    }
  }

  /** As long as each may be: 32 KiB in HEADERS and one CONTINUATION, and 8 CONTINUATIONs. */
  @Test
  void read_blocksAtTheirLimits_areWhole() throws Exception {
    FrameLog log = new FrameLog();
    FrameReader reader = new FrameReader(log);
    Frames few = begun().frame(FrameType.HEADERS, 0, 1, bytes(16_384));
    few.frame(FrameType.CONTINUATION, END_HEADERS, 1, bytes(16_384));
    few.frame(FrameType.HEADERS, 0, 3);
    for (int i = 1; i <= HeaderBlock.MAX_CONTINUATIONS; i++) {
      int flags = i == HeaderBlock.MAX_CONTINUATIONS ? END_HEADERS : 0;
      few.frame(FrameType.CONTINUATION, flags, 3, (byte) i);
    }

    reader.read(ByteBuffer.wrap(few.bytes()));

    assertThat(log.events())
        .hasSize(3)
        .anyMatch(event -> event.equals("headers 3 0102030405060708"));
    assertThat(reader.block().isOpen()).isFalse();
  }

  /** A fault of a stream leaves the rest to be read. */
  @Test
  void read_afterAFaultOfAStream_goesOn() throws Exception {
    FrameLog log = new FrameLog();
    log.refuseDataOf(3);
    FrameReader reader = new FrameReader(log);
    byte[] frames = begun().data(3, false, SOME).padded(3, true, 2, SOME).ping(5).bytes();
    ByteBuffer in = ByteBuffer.wrap(frames);

    int faults = 0;
    while (in.hasRemaining()) {
      try {
        reader.read(in);
      } catch (Http2Fault fault) {
        assertThat(fault.stream()).isEqualTo(3);
        faults++;
      }
    }

    assertThat(faults).isEqualTo(2);
    assertThat(log.events()).isEqualTo(List.of("settings 0", "dropped 3 9", "ping 5"));
  }

  @Test
  void read_whatNobodyWants_isDroppedWhole() throws Exception {
    FrameLog log = new FrameLog();
    log.wantNothingOf(3);

    new FrameReader(log).read(ByteBuffer.wrap(begun().padded(3, true, 2, SOME).ping(5).bytes()));

    assertThat(log.events()).isEqualTo(List.of("settings 0", "begin 3 6", "dropped 3 6", "ping 5"));
  }

  /** What is passed on is within its frame, whatever else was read with it. */
  @Test
  void read_manyInOnePiece_eachIsAlone() throws Exception {
    FrameLog log = new FrameLog();
    byte[] frames = begun().ping(1).ping(2).data(1, true, SOME).bytes();
    byte[] more = Arrays.copyOf(frames, frames.length + 5);
    ByteBuffer in = ByteBuffer.wrap(more);

    new FrameReader(log).read(in);

    assertThat(log.events())
        .isEqualTo(List.of("settings 0", "ping 1", "ping 2", "begin 1 3", "data 1 010203 END"));
    assertThat(in.hasRemaining()).isFalse();
  }
}
