package dev.tenon.testing.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Frames on the data plane that break the rules of HTTP/2, or keep to them and mean harm: whoever
 * sends them is cut off with the code that says why.
 */
class FrameFloodAttackTest {
  /** Frames of a flood; the codec's limits are reached with a few thousand. */
  private static final int FRAMES = Integer.getInteger("tenon.floods", 5_000);

  private static final String PATH = "/testservice.v1.Echo/Unary";
  private static final String CALLED = "mallory call relay " + PATH + " success -";

  // RFC 9113, section 7.
  private static final int PROTOCOL_ERROR = 1;
  private static final int FLOW_CONTROL_ERROR = 3;
  private static final int CALM = 11;

  /** Closed; a GOAWAY is lost where the system resets a connection of which not all was read. */
  private static final int CLOSED = -1;

  @RegisterExtension
  static final Oracles oracles = Oracles.over(new Plan().enrolled("mallory", InnocentEcho.SERVICE));

  /** Calls of the same kind share a record, as many as come within a while. */
  @BeforeEach
  void allowCalls() {
    oracles.allow(CALLED);
  }

  private static RawPlugin mallory() {
    return oracles.plugin("mallory");
  }

  private static RawHttp2 connect(byte... settings) throws IOException {
    RawHttp2 connection =
        oracles.closing(RawHttp2.connect(mallory().bootstrap.data(), mallory(), settings));
    connection.agree();
    return connection;
  }

  private static List<String> request(String... more) {
    List<String> fields = new ArrayList<>(RawHttp2.request(PATH));
    fields.addAll(List.of("authorization", mallory().bearer()));
    fields.addAll(List.of(more));
    return fields;
  }

  /** What has the host reset a stream, in place of the one who called. */
  private enum Provocation {
    WINDOW_UPDATE_OF_0 {
      @Override
      void provoke(RawHttp2 connection, int stream) throws IOException {
        connection.window(stream, 0);
      }
    },
    WINDOW_ABOVE_ITS_MOST {
      @Override
      void provoke(RawHttp2 connection, int stream) throws IOException {
        connection.window(stream, Integer.MAX_VALUE);
      }
    },
    PRIORITY_TOO_SHORT {
      @Override
      void provoke(RawHttp2 connection, int stream) throws IOException {
        connection.frame(RawHttp2.PRIORITY, 0, stream, new byte[4]);
      }
    },
    PRIORITY_OF_ITSELF {
      @Override
      void provoke(RawHttp2 connection, int stream) throws IOException {
        byte[] onItself = Arrays.copyOf(RawHttp2.integer(stream), 5);
        connection.frame(RawHttp2.PRIORITY, 0, stream, onItself);
      }
    },
    DATA_AFTER_THE_END {
      @Override
      void provoke(RawHttp2 connection, int stream) throws IOException {
        connection.emptyMessage(stream, /* last= */ true);
        connection.emptyMessage(stream, /* last= */ true);
      }
    };

    abstract void provoke(RawHttp2 connection, int stream) throws IOException;
  }

  /** A client that never resets and has it done: counted like one that does. Attack: R17. */
  @ParameterizedTest
  @EnumSource(Provocation.class)
  void connection_hasTheHostReset_closed(Provocation provocation) throws IOException {
    RawHttp2 connection = connect();
    connection.hold();
    for (int i = 0; i < 1_100; i++) {
      connection.headers(2 * i + 1, /* last= */ false, request());
      provocation.provoke(connection, 2 * i + 1);
    }
    connection.sendHeld();

    assertThat(connection.goAway()).isIn(CALM, CLOSED);
  }

  /** Frames that are lawful, one at a time. */
  private enum Idle {
    PRIORITY(RawHttp2.PRIORITY, 7, 5),
    EMPTY_DATA(RawHttp2.DATA, 1, 0),
    UNKNOWN(0xB, 1, 8),
    GOAWAY(RawHttp2.GOAWAY, 0, 8),
    WINDOW_OF_THE_CONNECTION(RawHttp2.WINDOW_UPDATE, 0, 4),
    WINDOW_OF_A_STREAM(RawHttp2.WINDOW_UPDATE, 1, 4),
    SETTINGS_ACK(RawHttp2.SETTINGS, 0, 0);

    private final int type;
    private final int stream;
    private final int length;

    Idle(int type, int stream, int length) {
      this.type = type;
      this.stream = stream;
      this.length = length;
    }

    void send(RawHttp2 connection) throws IOException {
      byte[] payload = new byte[length];
      if (type == RawHttp2.WINDOW_UPDATE) {
        payload[length - 1] = 1;
      }
      connection.frame(type, type == RawHttp2.SETTINGS ? 1 : 0, stream, payload);
    }
  }

  /** Frames that change nothing, thousands of them. Attack: R21. Row: DS-14. */
  @ParameterizedTest
  @EnumSource(Idle.class)
  void connection_framesThatChangeNothing_closed(Idle frame) throws IOException {
    RawHttp2 connection = connect();
    connection.headers(1, /* last= */ false, request());
    connection.hold();
    for (int i = 0; i < FRAMES; i++) {
      frame.send(connection);
    }
    connection.sendHeld();

    assertThat(connection.goAway()).isIn(CALM, CLOSED);
  }

  /** Who was cut off and comes back at once waits, and is served then. Row: TE-4. */
  @ParameterizedTest
  @ValueSource(ints = {RawHttp2.PING, RawHttp2.PUSH_PROMISE})
  void connection_afterOneThatWasCutOff_isNotReadForASecond(int frame) throws IOException {
    long before = System.nanoTime();
    RawHttp2 flooding = connect();
    flooding.hold();
    for (int i = 0; i < FRAMES; i++) {
      flooding.frame(frame, 0, 0, new byte[8]);
    }
    flooding.sendHeld();
    assertThat(flooding.goAway()).isIn(CALM, PROTOCOL_ERROR, CLOSED);

    call(connect());

    assertThat(System.nanoTime() - before).isGreaterThan(Duration.ofSeconds(1).toNanos());
  }

  private static void call(RawHttp2 connection) throws IOException {
    connection.headers(1, /* last= */ false, request());
    connection.emptyMessage(1, /* last= */ true);
    assertThat(connection.end(1)).startsWith("grpc 0");
  }

  /**
   * Who leaves just before it is cut off waits nearly as long; and who comes back before its host
   * has seen it leave does not, which is tried again. Row: TE-4.
   */
  @Test
  void connection_afterOneThatLeftBefore_isNotReadForAWhile() {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> nanosAfterLeaving() > Duration.ofMillis(900).toNanos());
  }

  private static long nanosAfterLeaving() throws IOException {
    long before = System.nanoTime();
    try (RawHttp2 leaving = connect()) {
      for (int i = 0; i < 480; i++) {
        leaving.frame(RawHttp2.PING, 0, 0, new byte[8]);
      }
      call(leaving);
    }
    call(connect());
    return System.nanoTime() - before;
  }

  /** A window above 2^31-1, of the connection and of a stream. Attack: R23. */
  @Test
  void window_aboveItsMost_flowControlError() throws IOException {
    RawHttp2 ofConnection = connect();
    ofConnection.window(0, Integer.MAX_VALUE);
    assertThat(ofConnection.goAway()).isIn(FLOW_CONTROL_ERROR, CLOSED);

    RawHttp2 ofStream = connect();
    ofStream.headers(1, /* last= */ false, request());
    ofStream.window(1, Integer.MAX_VALUE);
    assertThat(ofStream.end(1)).isEqualTo("reset " + FLOW_CONTROL_ERROR);
    call(connect());
  }

  /** The window of streams shrinks below what was sent, and opens again. Attack: R23. */
  @Test
  void window_negative_answerGoesOnWhenItOpens() throws IOException {
    RawHttp2 connection = connect(window(10));
    connection.headers(1, /* last= */ false, request());
    message(connection, 1, 30_000);
    connection.frame(RawHttp2.SETTINGS, 0, 0, window(0));
    connection.window(1, 10);
    connection.window(1, 60_000);

    assertThat(connection.end(1)).startsWith("grpc 0");
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE (section 6.5.2). */
  private static byte[] window(int bytes) {
    byte[] pair = new byte[6];
    pair[1] = 4;
    System.arraycopy(RawHttp2.integer(bytes), 0, pair, 2, 4);
    return pair;
  }

  /** Sends one message whose payload has {@code length} bytes, and ends. */
  private static void message(RawHttp2 connection, int stream, int length) throws IOException {
    byte[] request =
        EchoRequest.newBuilder()
            .setPayload(ByteString.copyFrom(new byte[length]))
            .build()
            .toByteArray();
    byte[] framed = new byte[5 + request.length];
    System.arraycopy(RawHttp2.integer(request.length), 0, framed, 1, 4);
    System.arraycopy(request, 0, framed, 5, request.length);
    for (int at = 0; at < framed.length; at += 16_384) {
      int end = Math.min(framed.length, at + 16_384);
      connection.frame(
          RawHttp2.DATA, end == framed.length ? 1 : 0, stream, Arrays.copyOfRange(framed, at, end));
    }
  }

  /**
   * A hundred answers wait on each of ten connections, for a client that lets them have a byte now
   * and then: what is kept of each is bounded, and the others are served. Attack: R22. Row: DS-10.
   */
  @Test
  void window_closedWithAnswersPending_littleIsKept() throws IOException {
    Usage before = Usage.now(oracles.scene().directory);
    for (int c = 0; c < 10; c++) {
      RawHttp2 connection = connect(window(0));
      connection.hold();
      for (int i = 0; i < 100; i++) {
        connection.headers(2 * i + 1, /* last= */ false, request());
        message(connection, 2 * i + 1, 30_000);
      }
      for (int i = 0; i < 100; i++) {
        connection.window(2 * i + 1, 1);
      }
      connection.sendHeld();
      connection.awaitData(199);
    }

    Usage while1000Wait = Usage.now(oracles.scene().directory);

    assertThat(while1000Wait.heap() + while1000Wait.direct() - before.heap() - before.direct())
        .isLessThan(64L * 1024 * 1024);
  }

  /** An answer that its caller takes byte by byte: each costs a frame. Attack: R22. Row: DS-14. */
  @Test
  void window_openedByteByByte_closed() throws IOException {
    RawHttp2 connection = connect(window(0));
    connection.headers(1, /* last= */ false, request());
    message(connection, 1, 30_000);
    connection.hold();
    for (int i = 0; i < FRAMES; i++) {
      connection.window(1, 1);
    }
    connection.sendHeld();

    assertThat(connection.goAway()).isIn(CALM, CLOSED);
  }

  /** What only a server may send, and ids that are used up. Attack: R25. */
  @Test
  void connection_pushOrIdsUsedUp_protocolError() throws IOException {
    RawHttp2 pushing = connect();
    pushing.frame(RawHttp2.PUSH_PROMISE, 4, 1, new byte[4]);
    assertThat(pushing.goAway()).isIn(PROTOCOL_ERROR, CLOSED);

    RawHttp2 usedUp = connect();
    usedUp.headers(Integer.MAX_VALUE, /* last= */ false, request());
    usedUp.emptyMessage(Integer.MAX_VALUE, /* last= */ true);
    assertThat(usedUp.end(Integer.MAX_VALUE)).startsWith("grpc 0");
    usedUp.headers(1, /* last= */ false, request());
    assertThat(usedUp.goAway()).isIn(PROTOCOL_ERROR, CLOSED);
  }

  /** Little on the wire that is much when it is decoded: its decoded size counts. Attack: R15. */
  @Test
  void call_compressedHeadersOfMegabytes_refused() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    bomb.writeBytes(RawHttp2.literals(request()));
    byte[] field = RawHttp2.literals(List.of("x-b", "b".repeat(3_900)));
    field[0] = 0x40; // RFC 7541, section 6.2.1: this one goes into the table.
    bomb.writeBytes(field);
    for (int i = 0; i < 10_000; i++) {
      bomb.write(0x80 | 62); // And again, and again: 40 MB.
    }
    byte[] block = bomb.toByteArray();
    assertThat(block.length).isLessThan(16_384);
    RawHttp2 connection = connect();
    connection.frame(RawHttp2.HEADERS, 4 | 1, 1, block);

    assertThat(connection.end(1)).isEqualTo("http 431");
  }

  /** Ten thousand small fields, and one of a megabyte. Attack: R15. */
  @Test
  void call_headersWithoutEnd_refused() throws IOException {
    List<String> many = new ArrayList<>(request());
    for (int i = 0; i < 10_000; i++) {
      many.addAll(List.of("x-" + i, ""));
    }
    RawHttp2 small = connect();
    small.headers(1, /* last= */ true, many);
    assertThat(small.goAway()).isIn(CALM, CLOSED);

    RawHttp2 large = connect();
    large.headers(1, /* last= */ true, request("x-large", "l".repeat(1_000_000)));
    assertThat(large.goAway()).isIn(CALM, CLOSED);
  }

  /** Ten thousand calls at once on one connection: a hundred are taken. Attack: R28. */
  @Test
  void connection_tenThousandStreams_refusedThenClosed() throws IOException {
    RawHttp2 connection = connect();
    connection.hold();
    for (int i = 0; i < 10_000; i++) {
      connection.headers(2 * i + 1, /* last= */ false, request());
    }
    connection.sendHeld();

    assertThat(connection.end(201)).isIn("reset 7", "goaway " + CALM, "closed");
  }
}
