package dev.tenon.router.http2;

import static dev.tenon.router.http2.ServerConnection.STREAMS_PER_TURN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How much of a client is read before it is the turn of others. */
class ServerTurnTest {
  private static final int MANY = 2 * STREAMS_PER_TURN + 10;

  private final OpenServer server = new OpenServer(MANY).begun();

  private static ByteBuffer streams(String... fields) {
    Frames frames = new Frames();
    for (int i = 0; i < MANY; i++) {
      frames.headers(2 * i + 1, true, fields);
    }
    return ByteBuffer.wrap(frames.bytes());
  }

  private int streamsOfOneTurn(ByteBuffer bytes) {
    int before = server.connection().lastStream();
    server.connection().received(bytes);
    server.connection().readComplete();
    return (server.connection().lastStream() - before + 1) / 2;
  }

  /** What comes in several records of TLS is of one turn as well. */
  @Test
  void turn_inPieces_hasAsManyStreamsAsInOne() {
    ByteBuffer bytes = streams(Frames.call());
    ByteBuffer first = bytes.duplicate().limit(bytes.limit() / 4);

    server.connection().received(first);
    assertThat(first.remaining()).isZero();
    assertThat(server.taken).hasSizeLessThan(STREAMS_PER_TURN);
    bytes.position(first.position());
    server.connection().received(bytes);

    assertThat(server.taken).hasSize(STREAMS_PER_TURN);
    assertThat(bytes.hasRemaining()).isTrue();
  }

  /** Row: TE-4 */
  @Test
  void client_thatIsHeld_isGreetedAndNotRead() {
    OpenServer holding = new OpenServer(2);
    holding.holds = Duration.ofSeconds(1);
    ByteBuffer bytes =
        ByteBuffer.wrap(
            Frames.ofClient().settings().headers(1, true, Frames.call()).ping(7).bytes());

    holding.connection().received(bytes);

    assertThat(holding.said()).hasSize(2).first().asString().startsWith("SETTINGS {");
    assertThat(holding.taken).isEmpty();
    assertThat(bytes.hasRemaining()).isTrue();
    assertThat(holding.client.link().held()).isEqualTo(Duration.ofSeconds(1));

    holding.connection().received(bytes);

    assertThat(holding.taken).hasSize(1);
    assertThat(bytes.hasRemaining()).isFalse();
    assertThat(holding.client.link().held()).isEqualTo(Duration.ofSeconds(1));
  }

  /** What it says next is not read earlier than what comes with its preface. */
  @Test
  void client_thatIsHeldAndSaysNoMoreYet_isNotReadWhenItDoes() {
    OpenServer holding = new OpenServer(2);
    holding.holds = Duration.ofSeconds(1);
    holding.connection().received(FrameType.preface());
    ByteBuffer bytes = ByteBuffer.wrap(new Frames().settings().bytes());
    int length = bytes.remaining();

    holding.connection().received(bytes);

    assertThat(bytes.remaining()).isEqualTo(length);
  }

  @Test
  void client_thatIsReadOnce_isNeverHeldAgain() {
    OpenServer reading = new OpenServer(2).begun();
    reading.holds = Duration.ofSeconds(1);

    var unused = reading.client.send(new Frames().headers(1, true, Frames.call()));

    assertThat(reading.taken).hasSize(1);
    assertThat(reading.client.link().held()).isZero();
  }

  static Stream<Arguments> requests() {
    return Stream.of(
        arguments("calls", Frames.call()),
        arguments("requests that are reset", new String[] {":method: POST"}));
  }

  /** Row: TE-4 */
  @ParameterizedTest(name = "{0}")
  @MethodSource("requests")
  void turn_beginsSoManyStreams_andLeavesTheRest(String what, String[] fields) {
    ByteBuffer bytes = streams(fields);

    assertThat(streamsOfOneTurn(bytes)).isEqualTo(STREAMS_PER_TURN);
    assertThat(streamsOfOneTurn(bytes)).isEqualTo(STREAMS_PER_TURN);
    assertThat(streamsOfOneTurn(bytes)).isEqualTo(MANY - 2 * STREAMS_PER_TURN);

    assertThat(bytes.hasRemaining()).isFalse();
    assertThat(server.connection().isOver()).isFalse();
  }
}
