package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FloodLimitsTest {
  private static final Duration PAUSE = FloodLimits.WINDOW.dividedBy(FloodLimits.SETTINGS / 2);

  private static final int RESETS = 200 * FloodLimits.RESETS_PER_STREAM;

  private long nanos;
  private final FloodLimits limits =
      new FloodLimits(Settings.From.CLIENT, /* maxStreams= */ 200, () -> nanos);

  /** What a peer has us count. */
  private interface Event {
    void count() throws Http2Fault;
  }

  private static int countUntilRefused(Event event) {
    int[] counted = new int[1];
    Http2Fault fault =
        catchThrowableOfType(
            Http2Fault.class,
            () -> {
              for (; counted[0] < 100_000; counted[0]++) {
                event.count();
              }
            });
    assertThat(fault).isNotNull();
    assertThat(fault.code()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM);
    assertThat(fault.stream()).isZero();
    return counted[0];
  }

  /** Of whatever it has done most of. Attack: R16. */
  @Test
  void usedPercent_isOfTheKindThatItHasUsedMost() throws Http2Fault {
    assertThat(limits.usedPercent()).isZero();
    for (int i = 0; i < RESETS / 2; i++) {
      limits.reset();
      limits.useful();
    }
    assertThat(limits.usedPercent()).isEqualTo(50);
    for (int i = 0; i < FloodLimits.SETTINGS * 3 / 4; i++) {
      limits.settings();
    }
    assertThat(limits.usedPercent()).isEqualTo(75);
    assertThat(countUntilRefused(limits::reset)).isEqualTo(RESETS / 2);
    assertThat(limits.usedPercent()).isEqualTo(100);

    nanos += FloodLimits.WINDOW.toNanos();

    assertThat(limits.usedPercent()).isZero();
  }

  /** Attack: R20, R21. */
  @Test
  void usedPercent_ofPingsAndIdleFrames() throws Http2Fault {
    for (int i = 0; i < FloodLimits.PINGS / 4; i++) {
      limits.ping();
    }
    assertThat(limits.usedPercent()).isEqualTo(25);
    for (int i = 0; i < FloodLimits.IDLE / 2; i++) {
      limits.idle();
    }
    assertThat(limits.usedPercent()).isEqualTo(50);
  }

  /** Attack: R16, R17. */
  @Test
  void reset_beyondTheLimit_isRefused() {
    assertThat(countUntilRefused(limits::reset)).isEqualTo(RESETS);
  }

  @Test
  void settings_beyondTheLimit_isRefused() {
    assertThat(countUntilRefused(limits::settings)).isEqualTo(FloodLimits.SETTINGS);
  }

  /** Attack: R20. */
  @Test
  void ping_beyondTheLimit_isRefused() {
    assertThat(countUntilRefused(limits::ping)).isEqualTo(FloodLimits.PINGS);
  }

  /** Attack: R21. */
  @Test
  void idle_beyondTheLimit_isRefused() {
    assertThat(countUntilRefused(limits::idle)).isEqualTo(FloodLimits.IDLE);
  }

  /** What is kept as credit is bounded: a long honest life pays for no flood. */
  @Test
  void useful_beyondTheCredit_countsNoMore() {
    for (int i = 0; i < 100_000; i++) {
      limits.useful();
    }

    assertThat(countUntilRefused(limits::ping)).isEqualTo(2 * FloodLimits.PINGS);
    assertThat(countUntilRefused(limits::idle))
        .isBetween(2 * FloodLimits.IDLE, 2 * FloodLimits.IDLE + 2);
  }

  @Test
  void all_slowlyForever_areTaken() {
    assertThatNoException()
        .isThrownBy(
            () -> {
              for (int i = 0; i < 10_000; i++) {
                nanos += PAUSE.toNanos();
                limits.reset();
                limits.settings();
                limits.ping();
                limits.idle();
              }
            });
  }

  /** The window goes on with the time, also where few events look at the clock. */
  @Test
  void reset_inTheNextWindow_beginsAnew() throws Exception {
    for (int i = 0; i < RESETS - 20; i++) {
      limits.reset();
    }
    nanos += FloodLimits.WINDOW.toNanos();

    assertThat(countUntilRefused(limits::reset)).isBetween(RESETS, RESETS + 16);
  }

  /** grpc-java measures its path by a PING for each DATA that it reads, at most. */
  @Test
  void ping_withEachFrameOfACall_isTakenForever() {
    assertThatNoException()
        .isThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                limits.useful();
                limits.ping();
              }
            });
  }

  /** A peer that opens the connection's window and the stream's after each DATA. */
  @Test
  void idle_twoWindowUpdatesForEachFrame_areTakenForever() {
    assertThatNoException()
        .isThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                limits.useful();
                limits.idle();
                limits.idle();
              }
            });
  }

  /**
   * A client that was let open many streams at once sends all of their HEADERS before any of their
   * DATA, as Netty does while its socket takes nothing; each was answered meanwhile.
   *
   * <p>Row: DS-11
   */
  @Test
  void idle_dataUnderWayOfAllThatWereRefused_isTaken() {
    int many = 3 * FloodLimits.IDLE;
    OpenServer server = new OpenServer(many).begun();
    Frames heads = new Frames();
    Frames rest = new Frames();
    for (int id = 1; id < 2 * many; id += 2) {
      heads.headers(id, false, Frames.call());
      rest.data(id, true, (byte) 1);
    }
    assertThat(server.client.send(heads)).isEmpty();
    server.taken.values().forEach(FloodLimitsTest::refuse);
    assertThat(server.said()).hasSize(2 * many);

    assertThat(server.client.send(rest)).noneMatch(said -> said.startsWith("GOAWAY"));
    assertThat(server.connection().isOver()).isFalse();
  }

  private static void refuse(OpenServer.Taken call) {
    call.stream.headers(Blocks.fields(Frames.answer()), /* ends= */ true);
  }

  @Test
  void idle_beyondTheLimitOfManyStreams_isRefused() {
    int many = FloodLimits.IDLE;
    FloodLimits wide = new FloodLimits(Settings.From.CLIENT, many, () -> nanos);

    assertThat(countUntilRefused(wide::idle)).isEqualTo(many * FloodLimits.IDLE_PER_STREAM);
  }

  /** A server is sent no more calls than it takes, so it has no such excuse. */
  @Test
  void idle_ofAServer_isRefusedBeyondTheUsualLimit() {
    FloodLimits server = new FloodLimits(Settings.From.SERVER, 10_000, () -> nanos);

    assertThat(countUntilRefused(server::idle)).isEqualTo(FloodLimits.IDLE);
  }
}
