package dev.tenon.router.http2;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A stream on which bytes wait is held for a peer that reads, however slowly, and for no other. */
class StallCheckTest {
  private static final int MUCH = 60_000;
  private static final String ENDED = "RST_STREAM 1 ENHANCE_YOUR_CALM";

  private final OpenServer server = new OpenServer(2).begun(Settings.INITIAL_WINDOW_SIZE, 0);

  private OpenServer.Taken answering() {
    var unused = server.client.send(new Frames().headers(1, true, Frames.call()));
    OpenServer.Taken call = server.stream(1);
    call.answer();
    int written = call.write(MUCH, /* ends= */ false);
    assertThat(written).isZero();
    return call;
  }

  private void pass(int periods) {
    for (int i = 0; i < periods; i++) {
      server.loop.advance(StallCheck.PERIOD);
    }
  }

  /** No window at all. Attack: R22. Row: DS-10. */
  @Test
  void stream_withoutAWindow_isEndedAndToldAfterTwoPeriods() {
    OpenServer.Taken call = answering();
    pass(1);
    assertThat(server.said()).doesNotContain(ENDED);

    pass(1);

    assertThat(server.said()).contains(ENDED);
    assertThat(call.events).endsWith("BROKEN");
    assertThat(server.connection().openStreams()).isZero();
  }

  /** A byte a minute is as good as none. Attack: R22. */
  @Test
  void stream_thatTakesAByteAMinute_isEnded() {
    var unused = answering();
    for (int minute = 0; minute < 10; minute++) {
      server.loop.advance(StallCheck.PERIOD.dividedBy(5));
      if (server.connection().openStreams() > 0) {
        var more = server.client.send(new Frames().window(1, 1));
        assertThat(more).isNotNull();
      }
    }

    assertThat(server.connection().openStreams()).isZero();
  }

  @Test
  void stream_thatTakesTheLeastInEachPeriod_goesOn() {
    OpenServer.Taken call = answering();
    for (int i = 0; i < 3; i++) {
      pass(1);
      var unused = server.client.send(new Frames().window(1, StallCheck.LEAST_BYTES));
    }

    assertThat(call.sent).isEqualTo(3 * StallCheck.LEAST_BYTES);
    assertThat(server.connection().openStreams()).isEqualTo(1);
  }

  @Test
  void stream_onWhichNothingWaits_isLeftAlone() {
    OpenServer.Taken call = answering();
    pass(1);
    var unused = server.client.send(new Frames().window(1, MUCH));

    pass(10);

    assertThat(call.sent).isEqualTo(MUCH);
    assertThat(server.connection().openStreams()).isEqualTo(1);
  }

  /** What waits does not pay for the frames that let it go byte by byte (CVE-2019-9511). */
  @Test
  void stream_openedByteByByte_endsTheConnection() {
    var unused = answering();
    for (int i = 0; i < FloodLimits.IDLE + 100; i++) {
      server.client.sendRaw(new Frames().window(1, 1).bytes());
    }

    assertThat(server.said()).contains("GOAWAY 1 ENHANCE_YOUR_CALM");
  }
}
