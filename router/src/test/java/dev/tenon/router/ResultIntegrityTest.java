package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import dev.tenon.core.Health;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A result reaches the call that it answers, from the provider that was asked, and no other. */
final class ResultIntegrityTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  private final LateEcho honest = new LateEcho();
  private Wire wire;
  private RawProvider hostile;
  private Channel caller;

  @BeforeEach
  void open() throws Exception {
    wire = new Wire();
    hostile = new RawProvider();
    wire.provide(Names.WORDS, Names.ECHO, honest);
    wire.registry.register(Names.claim(Names.WORDS_2, Names.ECHO));
    wire.registry.reportHealth(Names.WORDS_2, Health.HEALTHY);
    wire.backends.put(Names.WORDS_2, hostile.channel());
    caller = wire.enrol(Names.CALLER).channel();
  }

  @AfterEach
  void close() {
    wire.close();
    hostile.close();
  }

  private static EchoGrpc.EchoFutureStub to(String provider, Channel caller) {
    return EchoGrpc.newFutureStub(Plane.with(caller, "tenon-to", provider));
  }

  /**
   * A provider that answers under the stream numbers of calls that it was not asked ends its own
   * connection, and completes nobody else's call.
   *
   * <p>Row: RT-27
   */
  @Test
  void answer_underAnothersStreamNumbers_completesNoOtherCall() throws Exception {
    ListenableFuture<EchoResponse> first = to(Names.WORDS.value(), caller).unary(REQUEST);
    ListenableFuture<EchoResponse> second = to(Names.WORDS.value(), caller).unary(REQUEST);
    await().atMost(SOON).until(() -> honest.waiting.size() == 2);
    hostile.answersAllStreams = true;

    ListenableFuture<EchoResponse> asked = to(Names.WORDS_2.value(), caller).unary(REQUEST);

    await().atMost(SOON).until(asked::isDone);
    await().atMost(SOON).until(() -> hostile.connectionsEnded.get() == 1);
    assertThat(first.isDone()).isFalse();
    assertThat(second.isDone()).isFalse();
    honest.answerAll("honest");
    assertThat(first.get(20, TimeUnit.SECONDS).getPayload().toStringUtf8()).isEqualTo("honest");
    assertThat(second.get(20, TimeUnit.SECONDS).getPayload().toStringUtf8()).isEqualTo("honest");
  }

  /**
   * The same question is asked again each time: the router keeps no answer.
   *
   * <p>Row: RT-27
   */
  @Test
  void sameRequestTwice_reachesTheProviderTwice() throws Exception {
    for (String answer : new String[] {"one", "two"}) {
      ListenableFuture<EchoResponse> call = to(Names.WORDS.value(), caller).unary(REQUEST);
      await().atMost(SOON).until(() -> honest.waiting.size() == 1);
      honest.answerAll(answer);
      assertThat(call.get(20, TimeUnit.SECONDS).getPayload().toStringUtf8()).isEqualTo(answer);
    }
  }

  /** Answers when the test says so. */
  private static final class LateEcho extends EchoGrpc.EchoImplBase {
    final Queue<StreamObserver<EchoResponse>> waiting = new ConcurrentLinkedQueue<>();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
      waiting.add(response);
    }

    void answerAll(String payload) {
      for (var next = waiting.poll(); next != null; next = waiting.poll()) {
        next.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(payload)).build());
        next.onCompleted();
      }
    }
  }
}
