package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.router.http2.ErrorCode;
import dev.tenon.router.http2.FakePeer;
import dev.tenon.router.http2.Frames;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is easily got wrong about how a call ends in a relay. */
class CallEndsPitfallsTest {
  private static final String UNAVAILABLE = "grpc-status: 14|grpc-message: service unavailable";
  private static final String HEAD = ":status: 200|content-type: application/grpc";

  private final MemoryRelay relay = new MemoryRelay();
  private final FakePeer provider = relay.provider();
  private final FakePeer caller = relay.caller();

  private void call(int id, boolean ends) {
    assertThat(caller.send(new Frames().headers(id, ends, Frames.call()))).isEmpty();
    assertThat(provider.read()).hasSize(1);
  }

  private List<String> answer(Frames frames) {
    var unused = provider.send(frames);
    return caller.read();
  }

  /** Only what is gRPC is asked about: POST, with gRPC's content-type. */
  @Test
  void request_thatIsNotOfGrpc_isRefusedAndNobodyIsAsked() {
    for (int i = 0; i < 2; i++) {
      String[] head = Frames.call();
      String one = i == 0 ? ":method: POST" : "content-type: application/grpc";
      head[List.of(head).indexOf(one)] = i == 0 ? ":method: GET" : "content-type: text/plain";

      List<String> said = caller.send(new Frames().headers(1 + 2 * i, true, head));

      assertThat(said).singleElement().asString().contains("END :status: 415|");
    }
    assertThat(relay.calls).isEmpty();
    assertThat(provider.read()).isEmpty();
  }

  /** The end of the request ends that direction alone. Attack: R30. */
  @Test
  void request_thatEnds_leavesTheAnswerOpen() {
    call(1, false);
    var unused = caller.send(new Frames().data(1, true));
    assertThat(provider.read()).containsExactly("DATA 1 0 END");

    assertThat(answer(new Frames().headers(1, false, Frames.answer()).data(1, false, new byte[5])))
        .containsExactly("HEADERS 1 " + HEAD, "DATA 1 5");
    assertThat(answer(new Frames().headers(1, true, Frames.trailers())))
        .containsExactly("HEADERS 1 END grpc-status: 0");
    assertThat(relay.told).containsExactly("1 OK", "1 over");
  }

  /** A whole answer is forwarded before its request has ended, and no more of that is wanted. */
  @Test
  void answer_beforeTheRequestEnds_endsBothSides() {
    call(1, false);

    assertThat(
            provider.send(
                new Frames()
                    .headers(
                        1,
                        true,
                        ":status: 200",
                        "content-type: application/grpc",
                        "grpc-status: 5")))
        .containsExactly("RST_STREAM 1 NO_ERROR");
    assertThat(caller.read())
        .endsWith("HEADERS 1 END " + HEAD + "|grpc-status: 5", "RST_STREAM 1 NO_ERROR");
    assertThat(caller.send(new Frames().data(1, true, new byte[50]))).isEmpty();
    assertThat(relay.told).endsWith("1 NOT_FOUND", "1 over");
  }

  /** A request that a provider answered without reading it is not kept for it. */
  @Test
  void answer_whileTheRequestWaits_dropsTheRequest() {
    FakePeer narrow = provider;
    var unused = narrow.send(new Frames().settings(0x4, 10));
    call(1, false);
    byte[] message = new byte[105];
    message[4] = 100;
    unused = caller.send(new Frames().data(1, true, message));
    assertThat(narrow.read()).containsExactly("DATA 1 10");

    assertThat(narrow.send(new Frames().headers(1, true, ":status: 200", "grpc-status: 0")))
        .containsExactly("RST_STREAM 1 NO_ERROR");

    assertThat(caller.read()).containsExactly("HEADERS 1 END " + HEAD + "|grpc-status: 0");
    assertThat(narrow.send(new Frames().window(1, 1_000))).isEmpty();
  }

  /** An answer may be one frame. */
  @Test
  void answer_ofTrailersOnly_isForwardedAsSuch() {
    call(1, true);

    assertThat(
            answer(
                new Frames()
                    .headers(
                        1,
                        true,
                        ":status: 200",
                        "grpc-status: 7",
                        "grpc-message: no%21",
                        "x-a: b")))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("HEADERS 1 END " + HEAD)
        .contains("grpc-status: 7", "grpc-message: no!", "x-a: b");
  }

  /** What the router itself says is one frame too. */
  @Test
  void call_thatWeEnd_isTrailersOnly() {
    relay.maxMessageBytes = 10;
    call(1, false);

    assertThat(
            caller.send(
                new Frames().data(1, true, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 11)))
        .containsExactly("HEADERS 1 END " + HEAD + "|grpc-status: 8|grpc-message: limit reached");
    assertThat(provider.read()).containsExactly("RST_STREAM 1 CANCEL");
  }

  /** After the head of an answer, what the router says is trailers. */
  @Test
  void answer_thatIsTooLong_isCutOff() {
    relay.maxMessageBytes = 10;
    call(1, true);

    Frames answer = new Frames().headers(1, false, Frames.answer());
    answer.data(1, false, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 11);
    assertThat(provider.send(answer)).containsExactly("RST_STREAM 1 CANCEL");

    assertThat(caller.read())
        .containsExactly(
            "HEADERS 1 " + HEAD, "HEADERS 1 END grpc-status: 8|grpc-message: limit reached");
  }

  /** Whatever a caller says, the provider's side is cancelled. Attack: R31. */
  @ParameterizedTest
  @EnumSource
  void reset_byTheCaller_cancelsTheProvidersSide(ErrorCode code) {
    call(1, true);

    assertThat(caller.send(new Frames().reset(1, code))).isEmpty();

    assertThat(provider.read()).containsExactly("RST_STREAM 1 CANCEL");
    assertThat(relay.told).containsExactly("1 cancelled", "1 over");
  }

  /** A provider that did nothing may be asked again; all else is its own affair. */
  @ParameterizedTest
  @EnumSource
  void reset_byTheProvider_doesNotReachTheCaller(ErrorCode code) {
    call(1, true);

    List<String> said = answer(new Frames().reset(1, code));

    assertThat(said)
        .containsExactly(
            code == ErrorCode.REFUSED_STREAM
                ? "RST_STREAM 1 REFUSED_STREAM"
                : "HEADERS 1 END " + HEAD + "|" + UNAVAILABLE);
    assertThat(relay.told).containsExactly("1 UNAVAILABLE", "1 over");
  }

  @Test
  void reset_afterTheAnswerBegan_isNotRefused() {
    call(1, true);

    assertThat(
            answer(
                new Frames().headers(1, false, Frames.answer()).reset(1, ErrorCode.REFUSED_STREAM)))
        .endsWith("HEADERS 1 END " + UNAVAILABLE);
  }

  @Test
  void caller_thatIsLost_cancelsAllItsCalls() {
    call(1, true);
    call(3, false);

    caller.lose();

    assertThat(provider.read())
        .containsExactlyInAnyOrder("RST_STREAM 1 CANCEL", "RST_STREAM 3 CANCEL");
    assertThat(relay.told).containsOnlyOnce("1 over", "2 over", "1 cancelled", "2 cancelled");
  }

  /** Neither connection minds 500 cancels. */
  @Test
  void calls_of500Cancels_leaveBothConnectionsOpen() {
    for (int id = 1; id < 1_000; id += 2) {
      var unused =
          caller.send(new Frames().headers(id, false, Frames.call()).reset(id, ErrorCode.CANCEL));
      assertThat(provider.read()).hasSize(2);
    }

    call(1_001, true);
    assertThat(relay.over()).isEqualTo(500);
  }

  /** A call is not over before its caller is told, however little waits for that. */
  @Test
  void call_whoseRecordIsOnItsWay_isNotOverYet() {
    CompletableFuture<Void> recorded = new CompletableFuture<>();
    relay.beforeTold = recorded;
    var unused = caller.send(new Frames().settings(0x4, 3));
    call(1, true);
    assertThat(
            answer(
                new Frames()
                    .headers(1, false, Frames.answer())
                    .data(1, false, new byte[5])
                    .headers(1, true, Frames.trailers())))
        .containsExactly("HEADERS 1 " + HEAD, "DATA 1 3");
    assertThat(caller.send(new Frames().window(1, 10))).containsExactly("DATA 1 2");
    assertThat(relay.told).containsExactly("1 OK");

    recorded.complete(null);
    relay.loop.run();

    assertThat(caller.read()).containsExactly("HEADERS 1 END grpc-status: 0");
    assertThat(relay.told).containsExactly("1 OK", "1 over");
  }

  @Test
  void call_whoseRecordFails_isInternal() {
    CompletableFuture<Void> recorded = new CompletableFuture<>();
    relay.beforeTold = recorded;
    call(1, true);
    assertThat(answer(new Frames().headers(1, true, ":status: 200", "grpc-status: 0"))).isEmpty();

    recorded.completeExceptionally(new IllegalStateException("disk"));
    relay.loop.run();

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 13");
  }

  /** A caller that does not read its answer holds it no longer than its own time. */
  @Test
  void call_whoseCallerDoesNotRead_endsWithItsTime() {
    var unused = caller.send(new Frames().settings(0x4, 0));
    unused = caller.send(new Frames().headers(1, true, Frames.call("grpc-timeout: 5S")));
    assertThat(answer(new Frames().headers(1, false, Frames.answer()).data(1, false, new byte[5])))
        .hasSize(1);
    assertThat(answer(new Frames().headers(1, true, Frames.trailers()))).isEmpty();
    assertThat(relay.timed()).isEqualTo(1);

    relay.advance(Duration.ofSeconds(6));

    assertThat(caller.read()).containsExactly("RST_STREAM 1 CANCEL");
    assertThat(relay.told).containsExactly("1 OK", "1 over");
    assertThat(relay.timed()).isZero();
  }

  /** Attack: R11. Row: RT-10. */
  @Test
  void call_beyondItsTime_isCancelledAtItsProvider() {
    var unused = caller.send(new Frames().headers(1, true, Frames.call("grpc-timeout: 5S")));
    assertThat(provider.read()).hasSize(1);

    relay.advance(Duration.ofSeconds(6));

    assertThat(caller.read()).hasSize(1).first().asString().contains("grpc-status: 4");
    assertThat(provider.read()).containsExactly("RST_STREAM 1 CANCEL");
    assertThat(relay.told).containsExactly("1 DEADLINE_EXCEEDED", "1 over");
  }

  /**
   * A call without a deadline on which nothing moves is ended, at both ends; one with something now
   * and then is not, nor one with a deadline. Row: RT-10.
   */
  @Test
  void call_onWhichNothingMoves_isEnded() {
    Duration half = MemoryRelay.CALL_IDLE.dividedBy(2);
    call(1, false);
    call(3, false);
    var unused = caller.send(new Frames().headers(5, false, Frames.call("grpc-timeout: 99H")));
    assertThat(provider.read()).hasSize(1);
    unused = answer(new Frames().headers(3, false, Frames.answer()));

    for (int i = 0; i < 2; i++) {
      relay.advance(half);
      assertThat(caller.read()).isEmpty();
      assertThat(answer(new Frames().data(3, false, new byte[5]))).hasSize(1);
    }
    relay.advance(half);

    assertThat(caller.read())
        .hasSize(2) // the second: no more is wanted of the request, which has not ended
        .first()
        .asString()
        .startsWith("HEADERS 1 END")
        .contains("grpc-status: 4")
        .contains("PT10M");
    assertThat(provider.read()).containsExactly("RST_STREAM 1 CANCEL");
    assertThat(relay.told).containsExactly("1 DEADLINE_EXCEEDED", "1 over");

    relay.advance(MemoryRelay.CALL_IDLE); // Now the other one has stopped, too.
    assertThat(relay.told).endsWith("2 DEADLINE_EXCEEDED", "2 over");
    assertThat(caller.read()).hasSize(2).first().asString().startsWith("HEADERS 3 END");
  }

  /** A provider is told how long its caller waits, and may be the first to see that it is over. */
  @Test
  void reset_byTheProviderWhenTheTimeIsOver_isTheDeadline() {
    var unused = caller.send(new Frames().headers(1, true, Frames.call("grpc-timeout: 5m")));
    assertThat(provider.read()).hasSize(1);

    assertThat(answer(new Frames().reset(1, ErrorCode.CANCEL)))
        .hasSize(1)
        .first()
        .asString()
        .contains("grpc-status: 4");
    assertThat(relay.told).containsExactly("1 DEADLINE_EXCEEDED", "1 over");
  }

  /** An answer that is none of gRPC's, or ends without a status, is a provider that is lost. */
  @Test
  void answer_withoutAStatus_isUnavailable() {
    call(1, true);
    assertThat(answer(new Frames().headers(1, false, ":status: 404", "content-type: text/html")))
        .containsExactly("HEADERS 1 END " + HEAD + "|" + UNAVAILABLE);
    call(3, true);
    assertThat(answer(new Frames().headers(3, false, Frames.answer()).data(3, true, new byte[5])))
        .endsWith("HEADERS 3 END " + UNAVAILABLE);
    call(5, true);
    assertThat(answer(new Frames().headers(5, false, Frames.answer()).headers(5, true, "a: b")))
        .endsWith("HEADERS 5 END " + UNAVAILABLE);
  }

  /** Whoever answers with another status of HTTP is no gRPC server, whatever else it says. */
  @Test
  void answer_withAnotherStatusOfHttp_isUnavailable() {
    String[] other = {":status: 500", "content-type: application/grpc"};
    call(1, true);
    assertThat(answer(new Frames().headers(1, false, other)))
        .containsExactly("HEADERS 1 END " + HEAD + "|" + UNAVAILABLE);
    call(3, true);
    String[] atOnce = {":status: 500", "content-type: application/grpc", "grpc-status: 0"};
    assertThat(answer(new Frames().headers(3, true, atOnce)))
        .containsExactly("HEADERS 3 END " + HEAD + "|" + UNAVAILABLE);
  }
}
