package dev.tenon.router;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One suite, run against the provider directly, through the router, by its relay on grpc-java, and
 * through two routers, with the same expectations: whoever calls cannot tell them apart. All ways
 * are mTLS.
 *
 * <p>It is one file because it is one list: what a call is, whichever way it goes.
 *
 * <p>Row: RT-8, RT-15
 */
final class RelayedCallsTest {
  private static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("x-test-trailer", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> BINARY =
      Metadata.Key.of("x-test-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final Map<Way, Channel> CHANNELS = new EnumMap<>(Way.class);

  private static Wire wire;
  private static OtherWire otherHost;
  private static EchoProvider provider;

  /** How the call gets to the provider. */
  enum Way {
    DIRECT,
    ROUTED,
    BY_GRPC_JAVA,
    OVER_ANOTHER_HOST;

    Channel channel() {
      return Objects.requireNonNull(CHANNELS.get(this), name());
    }
  }

  @BeforeAll
  static void open() throws Exception {
    wire = new Wire();
    provider = new EchoProvider();
    CHANNELS.put(Way.DIRECT, wire.provide(Names.WORDS, Names.ECHO, provider));
    // Each way has connections of its own, so that none can disturb another.
    wire.provide(Names.WORDS_2, Names.ECHO, provider);
    wire.registry.remove(Names.WORDS);
    Wire.Caller caller = wire.enrol(Names.CALLER);
    CHANNELS.put(Way.ROUTED, caller.channel());
    CHANNELS.put(Way.BY_GRPC_JAVA, caller.atReference(wire).channel());
    otherHost = new OtherWire(wire);
    CHANNELS.put(Way.OVER_ANOTHER_HOST, otherHost.caller());
  }

  @AfterAll
  static void close() {
    otherHost.close();
    wire.close();
  }

  @BeforeEach
  void reset() {
    provider.reset();
    provider.initial.put(TRAILER, "head");
    provider.trailing.put(TRAILER, "tail");
    provider.trailing.put(BINARY, new byte[] {0, -1, 127});
  }

  private static List<String> payloads(List<EchoResponse> responses) {
    return responses.stream().map(r -> r.getPayload().toStringUtf8()).toList();
  }

  @ParameterizedTest
  @EnumSource
  void unary_answers_withMessageHeadersAndTrailers(Way way) {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    Channel capturing =
        ClientInterceptors.intercept(
            way.channel(), MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
    EchoResponse answer = EchoGrpc.newBlockingStub(capturing).unary(EchoProvider.request("one"));
    assertThat(answer.getPayload().toStringUtf8()).isEqualTo("one");
    assertThat(Objects.requireNonNull(headers.get()).get(TRAILER)).isEqualTo("head");
    assertThat(Objects.requireNonNull(trailers.get()).get(TRAILER)).isEqualTo("tail");
    assertThat(Objects.requireNonNull(trailers.get()).get(BINARY)).containsExactly(0, -1, 127);
  }

  @ParameterizedTest
  @EnumSource
  void unary_emptyAndLargeMessages_arriveWhole(Way way) {
    EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(way.channel());
    for (int size : new int[] {0, 1, 65_536, 3 * 1024 * 1024}) {
      byte[] payload = new byte[size];
      new java.util.Random(size).nextBytes(payload);
      EchoResponse answer =
          stub.unary(EchoRequest.newBuilder().setPayload(ByteString.copyFrom(payload)).build());
      assertThat(answer.getPayload().toByteArray()).isEqualTo(payload);
    }
  }

  @ParameterizedTest
  @EnumSource
  void serverStream_answers_inOrder(Way way) {
    EchoRequest twenty = EchoProvider.request("s").toBuilder().setRepeat(20).build();
    List<EchoResponse> answers = new ArrayList<>();
    EchoGrpc.newBlockingStub(way.channel()).serverStream(twenty).forEachRemaining(answers::add);
    assertThat(payloads(answers)).hasSize(20).containsOnly("s");
  }

  @ParameterizedTest
  @EnumSource
  void clientStream_answers_withAllMessages(Way way) {
    Answers answers = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(way.channel()).clientStream(answers);
    for (String part : List.of("a", "b", "c", "d")) {
      requests.onNext(EchoProvider.request(part));
    }
    requests.onCompleted();
    assertThat(answers.end().isOk()).isTrue();
    assertThat(payloads(answers.messages())).containsExactly("abcd");
  }

  @ParameterizedTest
  @EnumSource
  void bidi_answers_eachMessageAsItComes(Way way) throws Exception {
    Answers answers = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(way.channel()).bidi(answers);
    for (int i = 0; i < 20; i++) {
      requests.onNext(EchoProvider.request("m" + i));
      assertThat(answers.awaitMessage()).as("answer before the next request").isTrue();
    }
    requests.onCompleted();
    assertThat(answers.end().isOk()).isTrue();
    assertThat(payloads(answers.messages()))
        .isEqualTo(IntStream.range(0, 20).mapToObj(i -> "m" + i).toList());
  }

  /**
   * After the half-close all answers still come.
   *
   * <p>Row: RT-9
   */
  @ParameterizedTest
  @EnumSource
  void bidi_halfClosed_stillBringsAHundredMessages(Way way) {
    Answers answers = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(way.channel()).bidi(answers);
    requests.onNext(EchoProvider.request("last").toBuilder().setRepeat(100).build());
    requests.onCompleted();
    assertThat(answers.end().isOk()).isTrue();
    assertThat(answers.messages()).hasSize(101);
  }

  @ParameterizedTest
  @EnumSource
  void everyStatus_ofEveryCallType_arrivesWithDescriptionDetailsAndTrailers(Way way) {
    for (int code = 1; code <= 16; code++) {
      EchoRequest ending = EchoProvider.request("x").toBuilder().setEndWith(code).build();
      EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(way.channel());
      assertEnded(code, failure(() -> stub.unary(ending)));
      assertEnded(code, failure(() -> drain(stub.serverStream(ending))));
      assertEnded(
          code, failure(() -> drain(stub.serverStream(ending.toBuilder().setRepeat(3).build()))));
      Answers ofClientStream = new Answers(Integer.MAX_VALUE);
      EchoGrpc.newStub(way.channel()).clientStream(ofClientStream).onNext(ending);
      assertEnded(code, ofClientStream.failure());
      Answers ofBidi = new Answers(Integer.MAX_VALUE);
      var requests = EchoGrpc.newStub(way.channel()).bidi(ofBidi);
      requests.onNext(EchoProvider.request("first"));
      requests.onNext(ending);
      assertEnded(code, ofBidi.failure());
      assertThat(payloads(ofBidi.messages())).containsExactly("first");
    }
  }

  private static void drain(Iterator<EchoResponse> answers) {
    answers.forEachRemaining(answer -> {});
  }

  private static StatusRuntimeException failure(Runnable call) {
    return Objects.requireNonNull(catchThrowableOfType(StatusRuntimeException.class, call::run));
  }

  private static void assertEnded(int code, StatusRuntimeException failure) {
    StatusRuntimeException expected = (StatusRuntimeException) EchoProvider.ended(code);
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.fromCodeValue(code).getCode());
    assertThat(failure.getStatus().getDescription())
        .isEqualTo(expected.getStatus().getDescription());
    assertThat(StatusProto.fromThrowable(failure)).isEqualTo(StatusProto.fromThrowable(expected));
    Metadata trailers = Objects.requireNonNull(failure.getTrailers());
    assertThat(trailers.get(TRAILER)).isEqualTo("tail");
    assertThat(trailers.get(BINARY)).containsExactly(0, -1, 127);
  }

  @ParameterizedTest
  @EnumSource
  void unknownMethod_ofTheProvider_isItsUnimplemented(Way way) {
    var method =
        EchoGrpc.getUnaryMethod().toBuilder()
            .setFullMethodName("testservice.v1.Echo/NotThere")
            .build();
    StatusRuntimeException failure =
        failure(
            () ->
                io.grpc.stub.ClientCalls.blockingUnaryCall(
                    way.channel(), method, CallOptions.DEFAULT, EchoProvider.request("x")));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(failure.getStatus().getDescription())
        .isEqualTo("Method not found: testservice.v1.Echo/NotThere");
  }

  @ParameterizedTest
  @EnumSource
  void cancel_ofEveryCallType_reachesTheProvider(Way way) {
    EchoRequest hanging = EchoProvider.request("x").toBuilder().setHang(true).build();
    EchoGrpc.EchoStub stub = EchoGrpc.newStub(way.channel());
    List<Answers> calls =
        IntStream.range(0, 4).mapToObj(i -> new Answers(Integer.MAX_VALUE)).toList();
    stub.unary(hanging, calls.get(0));
    stub.serverStream(hanging, calls.get(1));
    stub.clientStream(calls.get(2)).onNext(hanging);
    stub.bidi(calls.get(3)).onNext(hanging);
    await().atMost(SOON).until(() -> provider.handled.get() == 4 && provider.received.get() == 2);
    assertThat(provider.cancelled).hasValue(0);
    calls.forEach(Answers::cancel);
    await().atMost(SOON).until(() -> provider.cancelled.get() == 4);
    for (Answers call : calls) {
      assertThat(call.end().getCode()).isEqualTo(Status.Code.CANCELLED);
    }
  }

  /** The provider knows the deadline and is told when it is over. Row: RT-10. */
  @ParameterizedTest
  @EnumSource
  void deadline_reachesTheProvider_andEndsTheCallOnBothSides(Way way) {
    EchoRequest hanging = EchoProvider.request("x").toBuilder().setHang(true).build();
    StatusRuntimeException failure =
        failure(
            () ->
                EchoGrpc.newBlockingStub(way.channel())
                    .withDeadlineAfter(1_500, MILLISECONDS)
                    .unary(hanging));
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    Context atProvider = Objects.requireNonNull(provider.lastContext);
    assertThat(atProvider.getDeadline()).isNotNull();
    assertThat(Objects.requireNonNull(atProvider.getDeadline()).timeRemaining(MILLISECONDS))
        .as("never longer than asked for")
        .isLessThanOrEqualTo(1_500);
    await().atMost(SOON).until(() -> provider.cancelled.get() == 1);
  }

  @ParameterizedTest
  @EnumSource
  void slowReader_stopsTheProvider_andGetsEverythingInTheEnd(Way way) throws Exception {
    int messages = 3_000;
    EchoRequest many =
        EchoRequest.newBuilder()
            .setPayload(ByteString.copyFrom(new byte[16 * 1024]))
            .setRepeat(messages)
            .build();
    Answers answers = new Answers(1);
    EchoGrpc.newStub(way.channel()).serverStream(many, answers);
    assertThat(answers.awaitMessage()).isTrue();
    long stoppedAt = awaitStill(provider.sent::get);
    // 48 MiB are asked for; two legs hold at most one flow-control window and one buffer each.
    assertThat(stoppedAt).isLessThan(400);
    answers.request(messages);
    assertThat(answers.end().isOk()).isTrue();
    assertThat(answers.messages()).hasSize(messages);
  }

  @ParameterizedTest
  @EnumSource
  void slowProvider_stopsTheCaller(Way way) {
    EchoRequest unread =
        EchoRequest.newBuilder()
            .setPayload(ByteString.copyFrom(new byte[16 * 1024]))
            .setHang(true)
            .build();
    Answers answers = new Answers(1);
    ClientCallStreamObserver<EchoRequest> requests =
        (ClientCallStreamObserver<EchoRequest>)
            EchoGrpc.newStub(way.channel()).clientStream(answers);
    long[] sent = {0};
    long stoppedAt =
        awaitStill(
            () -> {
              while (requests.isReady() && sent[0] < 3_000) {
                requests.onNext(unread);
                sent[0]++;
              }
              return sent[0];
            });
    assertThat(stoppedAt).isPositive().isLessThan(400);
    assertThat(provider.received).hasValue(1);
    answers.cancel();
    assertThat(answers.end().getCode()).isEqualTo(Status.Code.CANCELLED);
  }

  /** Waits until a count has not changed for half a second and returns it. */
  private static long awaitStill(java.util.function.LongSupplier count) {
    long[] last = {-1};
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .during(Duration.ofMillis(500))
        .until(
            () -> {
              long now = count.getAsLong();
              boolean still = now == last[0] && now > 0;
              last[0] = now;
              return still;
            });
    return last[0];
  }

  @ParameterizedTest
  @EnumSource
  void providerThatEndsEarly_endsTheCall_andLaterRequestsAreDropped(Way way) {
    Answers answers = new Answers(Integer.MAX_VALUE);
    var requests = EchoGrpc.newStub(way.channel()).bidi(answers);
    requests.onNext(EchoProvider.request("x").toBuilder().setEndWith(9).build());
    assertThat(answers.end().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    for (int i = 0; i < 10; i++) {
      requests.onNext(EchoProvider.request("dropped"));
    }
    requests.onCompleted();
    assertThat(
            EchoGrpc.newBlockingStub(way.channel())
                .unary(EchoProvider.request("alive"))
                .getPayload()
                .toStringUtf8())
        .isEqualTo("alive");
    assertThat(provider.received.get()).isEqualTo(1);
  }

  /**
   * Calls on one connection are answered in any order, each with its own answer.
   *
   * <p>Row: RT-22
   */
  @ParameterizedTest
  @EnumSource
  void thousandInterleavedCalls_eachGetsItsOwnAnswer(Way way) throws Exception {
    provider.answersLate = true;
    EchoGrpc.EchoFutureStub stub = EchoGrpc.newFutureStub(way.channel());
    List<Future<EchoResponse>> answers =
        IntStream.range(0, 1_000)
            .<Future<EchoResponse>>mapToObj(i -> stub.unary(EchoProvider.request("call " + i)))
            .toList();
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).get(30, SECONDS).getPayload().toStringUtf8())
          .isEqualTo("call " + i);
    }
  }

  /**
   * The provider sees one connection for a thousand calls.
   *
   * <p>Row: RT-13
   */
  @ParameterizedTest
  @EnumSource
  void thousandCalls_useOneConnection(Way way) {
    EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(way.channel());
    stub.unary(EchoProvider.request("connect"));
    provider.connections.clear();
    for (int i = 0; i < 1_000; i++) {
      stub.unary(EchoProvider.request("again"));
    }
    assertThat(provider.connections).hasSize(1);
    assertThat(provider.calls.get()).isEqualTo(1_001);
  }
}
