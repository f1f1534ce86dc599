package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Calls of a service in this process that never blocks. */
final class DirectCallTest {
  private static final EchoResponse ANSWER = EchoResponse.getDefaultInstance();
  private static final Metadata.Key<String> KEY =
      Metadata.Key.of("x-key", Metadata.ASCII_STRING_MARSHALLER);

  private final Service service = new Service();
  private final HostServices services =
      HostServices.builder().offerNonBlocking(service, Names.VERSION).start();
  private final Plane plane = new Plane(services);
  private final Channel channel = plane.channel(Names.CALLER);

  @AfterEach
  void close() {
    assertThat(plane.router.open().caps().isEmpty()).as("what calls took is given back").isTrue();
    plane.close();
  }

  /** Does with unary calls what the test says. */
  private static final class Service extends EchoGrpc.EchoImplBase {
    volatile BiConsumer<EchoRequest, StreamObserver<EchoResponse>> unary =
        (request, answer) -> {
          answer.onNext(ANSWER);
          answer.onCompleted();
        };
    final AtomicInteger cancelled = new AtomicInteger();

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoResponse> answer) {
      ((ServerCallStreamObserver<EchoResponse>) answer)
          .setOnCancelHandler(cancelled::incrementAndGet);
      unary.accept(request, answer);
    }

    @Override
    public void serverStream(EchoRequest request, StreamObserver<EchoResponse> answer) {
      answer.onNext(ANSWER);
      answer.onCompleted();
    }
  }

  private static void hang(EchoRequest request, StreamObserver<EchoResponse> answer) {}

  private StatusRuntimeException refusal() {
    return Plane.refusal(channel, "testservice.v1.Echo/Unary");
  }

  @Test
  void unary_onTheCallersThread_withTheVeryRequestAndWhoCalls() {
    List<Object> seen = new ArrayList<>();
    service.unary =
        (request, answer) -> {
          seen.add(Thread.currentThread());
          seen.add(request);
          seen.add(Caller.current().orElseThrow().name());
          answer.onNext(ANSWER);
          answer.onCompleted();
        };
    EchoRequest request = EchoRequest.newBuilder().setHang(false).build();
    Context before = Context.current();

    EchoResponse answer = EchoGrpc.newBlockingStub(channel).unary(request);

    assertThat(answer).isSameAs(ANSWER);
    assertThat(seen).hasSize(3);
    assertThat(seen.get(0)).isSameAs(Thread.currentThread());
    assertThat(seen.get(1)).isSameAs(request);
    assertThat(seen.get(2)).isEqualTo("caller");
    assertThat(Context.current()).isSameAs(before);
    assertThat(plane.router.calls())
        .containsExactly(new CallCount("caller", "host", Names.ECHO, 1, 0));
    assertThat(plane.audit.actions()).containsExactly("relay");
  }

  /** Everything but unary methods goes as before. */
  @Test
  void stream_byTheChannel() {
    Iterator<EchoResponse> answers =
        EchoGrpc.newBlockingStub(channel).serverStream(EchoRequest.getDefaultInstance());

    assertThat(answers.next()).isEqualTo(ANSWER);
    assertThat(answers.hasNext()).isFalse();
  }

  /** Row: RT-3 */
  @Test
  void unary_notAllowed_reachesNobody() {
    service.unary = (request, answer) -> answer.onError(new AssertionError("called"));

    assertThat(
            Plane.refusal(plane.channel(Names.STRANGER), "testservice.v1.Echo/Unary")
                .getStatus()
                .getCode())
        .isEqualTo(Code.PERMISSION_DENIED);
  }

  /** Row: RT-15 */
  @Test
  void unary_statusAndTrailersOfTheService_pass() {
    Metadata trailers = new Metadata();
    trailers.put(KEY, "value");
    trailers.put(MetadataRules.CALLER, "forged");
    service.unary =
        (request, answer) ->
            answer.onError(
                Status.ALREADY_EXISTS.withDescription("it is").asRuntimeException(trailers));

    StatusRuntimeException refused = refusal();

    assertThat(refused.getStatus().getCode()).isEqualTo(Code.ALREADY_EXISTS);
    assertThat(refused.getStatus().getDescription()).isEqualTo("it is");
    assertThat(requireNonNull(refused.getTrailers()).get(KEY)).isEqualTo("value");
    assertThat(refused.getTrailers().get(MetadataRules.CALLER)).isNull();
    assertThat(plane.router.calls().get(0).failed()).isEqualTo(1);
  }

  /** Row: RT-16. What it says of itself stays inside. */
  @Test
  void unary_serviceThrows_unknownWithoutItsWords() {
    service.unary =
        (request, answer) -> {
          throw new IllegalStateException("secret");
        };
    assertThat(refusal().getStatus())
        .matches(status -> status.getCode() == Code.UNKNOWN)
        .matches(status -> !String.valueOf(status.getDescription()).contains("secret"));

    service.unary = (request, answer) -> Grant.require("secrets:read:x");
    assertThat(refusal().getStatus().getCode()).isEqualTo(Code.PERMISSION_DENIED);
  }

  @Test
  void unary_noOrTwoResponses_internal() {
    service.unary = (request, answer) -> answer.onCompleted();
    assertThat(refusal().getStatus().getCode()).isEqualTo(Code.INTERNAL);

    service.unary =
        (request, answer) -> {
          answer.onNext(ANSWER);
          answer.onNext(ANSWER);
        };
    assertThat(refusal().getStatus().getCode()).isEqualTo(Code.INTERNAL);
  }

  /** A method that has returned and answers never. */
  @Test
  void unary_deadlineOver_deadlineExceededAndTheServiceKnows() {
    service.unary = DirectCallTest::hang;

    assertThatThrownBy(
            () ->
                EchoGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(50, TimeUnit.MILLISECONDS)
                    .unary(EchoRequest.getDefaultInstance()))
        .hasMessageStartingWith("DEADLINE_EXCEEDED");
    assertThat(service.cancelled).hasValue(1);
  }

  /** The deadline that a channel gives: shared by calls, without a timer until it is needed. */
  @Test
  void unary_deadlineOfTheChannelOver_deadlineExceededAndTheServiceKnows() {
    List<Deadline> seen = new ArrayList<>();
    service.unary = (request, answer) -> seen.add(requireNonNull(Context.current().getDeadline()));
    Channel timed = plane.router.channel(Names.identity(Names.CALLER), Duration.ofMillis(300));

    ListenableFuture<EchoResponse> other =
        EchoGrpc.newFutureStub(timed).unary(EchoRequest.getDefaultInstance());
    assertThatThrownBy(() -> Plane.call(timed)).hasMessageStartingWith("DEADLINE_EXCEEDED");
    assertThatThrownBy(() -> other.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("DEADLINE_EXCEEDED");
    assertThat(service.cancelled).hasValue(2);
    assertThat(seen).hasSize(2).allMatch(Deadline::isExpired);
  }

  /** A caller that has not asked for the answer is told once it does, wherever that came from. */
  @Test
  void unary_askedForAfterTheAnswer_toldOnce() {
    List<String> events = new ArrayList<>();
    ClientCall<EchoRequest, EchoResponse> call =
        channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(EchoResponse message) {
            events.add("message");
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            events.add(status.getCode().toString());
          }
        },
        new Metadata());
    call.sendMessage(EchoRequest.getDefaultInstance());
    call.halfClose();
    assertThat(events).isEmpty();
    call.request(1);
    call.request(1);
    call.cancel("late", null);

    assertThat(events).containsExactly("message", "OK");
    assertThat(service.cancelled).hasValue(0);
  }

  @Test
  void unary_deadlineOfTheCallersContext_seenByTheService() throws Exception {
    List<Deadline> seen = new ArrayList<>();
    service.unary =
        (request, answer) -> {
          seen.add(requireNonNull(Context.current().getDeadline()));
          answer.onNext(ANSWER);
          answer.onCompleted();
        };
    Deadline deadline = Deadline.after(1, TimeUnit.HOURS);
    Context.CancellableContext context = Context.current().withDeadline(deadline, TIMER);
    context.call(() -> Plane.call(channel));
    context.cancel(null);

    assertThat(seen).containsExactly(deadline);
  }

  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
          });

  /** By the stub, by the caller's context, and by revocation. Row: TK-7. */
  @Test
  void unary_callEndedFromOutside_theServiceKnows() throws Exception {
    service.unary = DirectCallTest::hang;
    ListenableFuture<EchoResponse> call =
        EchoGrpc.newFutureStub(channel).unary(EchoRequest.getDefaultInstance());
    call.cancel(true);
    assertThat(service.cancelled).hasValue(1);

    Context.CancellableContext context = Context.current().withCancellation();
    ListenableFuture<EchoResponse> inContext =
        context.call(() -> EchoGrpc.newFutureStub(channel).unary(EchoRequest.getDefaultInstance()));
    context.cancel(null);
    assertThatThrownBy(() -> inContext.get(60, TimeUnit.SECONDS)).hasMessageContaining("CANCELLED");
    assertThat(service.cancelled).hasValue(2);

    ListenableFuture<EchoResponse> revoked =
        EchoGrpc.newFutureStub(channel).unary(EchoRequest.getDefaultInstance());
    plane.router.end(Names.CALLER).join();
    assertThatThrownBy(() -> revoked.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("UNAUTHENTICATED");
    assertThat(service.cancelled).hasValue(3);
  }

  /** A method may return and answer from another thread. */
  @Test
  void unary_answersLater_answerArrives() throws Exception {
    CountDownLatch returned = new CountDownLatch(1);
    service.unary =
        (request, answer) ->
            new Thread(
                    () -> {
                      try {
                        returned.await();
                      } catch (InterruptedException e) {
                        return;
                      }
                      answer.onNext(ANSWER);
                      answer.onCompleted();
                    })
                .start();
    ListenableFuture<EchoResponse> call =
        EchoGrpc.newFutureStub(channel).unary(EchoRequest.getDefaultInstance());
    assertThat(call.isDone()).isFalse();
    returned.countDown();

    assertThat(call.get(60, TimeUnit.SECONDS)).isSameAs(ANSWER);
    assertThat(service.cancelled).hasValue(0);
    plane.router.drained(Names.WORDS).join();
  }

  /** The caller gets events where it wants them, and a message when it asks for one. */
  @Test
  void unary_executorAndDemandOfTheCaller_areHonoured() {
    List<Runnable> tasks = new ArrayList<>();
    List<String> events = new ArrayList<>();
    ClientCall<EchoRequest, EchoResponse> call =
        channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT.withExecutor(tasks::add));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(EchoResponse message) {
            events.add("message");
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            events.add(status.getCode().toString());
          }
        },
        new Metadata());
    call.sendMessage(EchoRequest.getDefaultInstance());
    call.halfClose();
    assertThat(tasks).as("nothing is asked for").isEmpty();

    call.request(1);
    assertThat(events).isEmpty();
    assertThat(tasks).hasSize(1);
    tasks.get(0).run();

    assertThat(events).containsExactly("message", "OK");
  }

  /** Whoever closes them may come between the choice of a provider and the call. */
  @Test
  void unary_servicesClosedBeforeItHalfCloses_unavailableAndNotRun() {
    List<String> events = new ArrayList<>();
    service.unary = (request, answer) -> events.add("run");
    ClientCall<EchoRequest, EchoResponse> call =
        channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            events.add(status.getCode().toString());
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(EchoRequest.getDefaultInstance());

    services.close();
    call.halfClose();

    assertThat(events).containsExactly("UNAVAILABLE");
  }

  @Test
  void close_callsOfTheServices_unavailable() {
    service.unary = DirectCallTest::hang;
    ListenableFuture<EchoResponse> call =
        EchoGrpc.newFutureStub(channel).unary(EchoRequest.getDefaultInstance());

    services.close();

    assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS)).hasMessageContaining("UNAVAILABLE");
    assertThat(service.cancelled).hasValue(1);
    assertThat(refusal().getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
  }
}
