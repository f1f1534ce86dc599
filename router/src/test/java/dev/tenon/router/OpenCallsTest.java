package dev.tenon.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RuntimeId;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Calls that are under way when a provider is drained or a caller is revoked. */
final class OpenCallsTest {
  private static final String UNARY = "testservice.v1.Echo/Unary";
  private static final RuntimeId ANOTHER_RUN = new RuntimeId("caller-00000000000000ff");
  private static final EchoRequest HANGING = EchoRequest.newBuilder().setHang(true).build();
  private static final Duration SOON = Duration.ofSeconds(60);

  /** The count that a drain waits for. */
  @Test
  void inFlight_countsCallsToTheProvider_untilTheyEnd() {
    try (Plane plane = new Plane()) {
      Channel channel = plane.channel(Names.CALLER);
      ListenableFuture<EchoResponse> call = EchoGrpc.newFutureStub(channel).unary(HANGING);
      assertThat(plane.router.inFlight(Names.WORDS)).isEqualTo(1);
      assertThat(plane.router.inFlight(Names.WORDS_2)).isZero();
      call.cancel(true);
      await().atMost(SOON).until(() -> plane.router.inFlight(Names.WORDS) == 0);
      Plane.call(channel);
      Plane.refusal(plane.channel(Names.STRANGER), UNARY);
      assertThat(plane.router.inFlight(Names.WORDS)).isZero();
    }
  }

  /**
   * Open streams of a revoked caller end, and new calls are refused.
   *
   * <p>Row: TK-7
   */
  @Test
  void revokedCaller_losesItsOpenCallsOnTheSpot_andNobodyElseDoes() throws Exception {
    try (Wire wire = new Wire()) {
      EchoProvider provider = new EchoProvider();
      wire.provide(Names.WORDS, Names.ECHO, provider);
      Channel revoked = wire.enrol(Names.CALLER).channel();
      Channel innocent = wire.enrol(ANOTHER_RUN).channel();
      ListenableFuture<EchoResponse> ending = EchoGrpc.newFutureStub(revoked).unary(HANGING);
      ListenableFuture<EchoResponse> staying = EchoGrpc.newFutureStub(innocent).unary(HANGING);
      await().atMost(SOON).until(() -> provider.handled.get() == 2);

      wire.lineages.revoke(Names.CALLER);
      var unused = wire.router.end(Names.CALLER);
      assertThatThrownBy(() -> ending.get(60, TimeUnit.SECONDS))
          .hasMessageContaining("UNAUTHENTICATED: not authenticated");
      await().atMost(SOON).until(() -> provider.cancelled.get() == 1);
      assertThat(Plane.refusal(revoked, UNARY).getStatus().getCode())
          .isEqualTo(Code.UNAUTHENTICATED);
      assertThat(staying.isDone()).isFalse();
      staying.cancel(true);
    }
  }

  /** The provider may have acted: such an end must not look like a call that was not made. */
  @Test
  void endedCall_hasNoMarkOfARefusal() {
    try (Plane plane = new Plane()) {
      Channel channel = plane.channel(Names.CALLER);
      ListenableFuture<EchoResponse> call = EchoGrpc.newFutureStub(channel).unary(HANGING);
      await().atMost(SOON).until(() -> plane.words.calls.get() == 1);

      plane.router.end(Names.CALLER).join();

      assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              ended -> {
                Metadata trailers = requireNonNull(ended.getTrailers());
                assertThat(ended.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(RefusalStatus.ofHost(ended.getStatus(), trailers)).isEmpty();
              });
    }
  }

  /** The window between admission and the list of open calls. */
  @Test
  void callOfARunEndedJustNow_isRefused() {
    try (Plane plane = new Plane()) {
      plane.router.end(Names.CALLER).join();
      assertThat(Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode())
          .isEqualTo(Code.UNAUTHENTICATED);
      assertThat(plane.words.calls).hasValue(0);
    }
  }

  /** The window between the start of the provider's call and the note that it has started. */
  @Test
  void callEndedWhileItStarts_isCancelledAtItsProvider() {
    try (Plane plane = new Plane()) {
      AtomicInteger cancelled = new AtomicInteger();
      plane.backends.put(
          Names.WORDS,
          new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(
                MethodDescriptor<Q, R> method, CallOptions options) {
              return new SilentCall<>() {
                @Override
                public void start(Listener<R> listener, Metadata headers) {
                  var unused = plane.router.end(Names.CALLER);
                }

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {
                  cancelled.incrementAndGet();
                }
              };
            }

            @Override
            public String authority() {
              return "silent";
            }
          });

      var unused = EchoGrpc.newFutureStub(plane.channel(Names.CALLER)).unary(HANGING);

      assertThat(cancelled).hasValue(1);
    }
  }

  @Test
  void callThatIsStillDecided_countsForEveryProvider_andCanBeEnded() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (Plane plane = new Plane()) {
      plane.audit.beforeRecord =
          () -> {
            writing.countDown();
            return release.await(60, TimeUnit.SECONDS);
          };
      CompletableFuture<Code> call =
          CompletableFuture.supplyAsync(
              () -> Plane.refusal(plane.channel(Names.CALLER), UNARY).getStatus().getCode());
      assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(plane.router.inFlight(Names.WORDS)).isEqualTo(1);
      assertThat(plane.router.inFlight(Names.WORDS_2)).isEqualTo(1);
      var unused = plane.router.end(Names.CALLER);
      release.countDown();
      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(plane.words.calls).hasValue(0);
      assertThat(plane.router.inFlight(Names.WORDS)).isZero();
    }
  }

  /** A caller that is sending when its call is ended here has made no mistake. Row: TK-7. */
  @Test
  void messageAfterTheEnd_isDropped() throws Exception {
    try (Plane plane = new Plane()) {
      ClientCall<EchoRequest, EchoResponse> call =
          plane.channel(Names.CALLER).newCall(EchoGrpc.getBidiMethod(), CallOptions.DEFAULT);
      CompletableFuture<Code> end = new CompletableFuture<>();
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status.getCode());
            }
          },
          new Metadata());
      plane.router.end(Names.CALLER).get(60, TimeUnit.SECONDS);

      call.sendMessage(HANGING);
      call.halfClose();

      assertThat(end.get(60, TimeUnit.SECONDS)).isEqualTo(Code.UNAUTHENTICATED);
    }
  }

  /** What a provider sends before it learns of the end goes to nobody. Row: PK-15. */
  @Test
  void responseAfterTheEnd_isDropped() throws Exception {
    try (Plane plane = new Plane()) {
      DeafProvider provider = new DeafProvider();
      plane.backends.put(Names.WORDS, provider);
      ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
      ClientCall<EchoRequest, EchoResponse> call =
          plane.channel(Names.CALLER).newCall(EchoGrpc.getBidiMethod(), CallOptions.DEFAULT);
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onMessage(EchoResponse message) {
              seen.add(message.getCaller());
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              seen.add(status.getCode().toString());
            }
          },
          new Metadata());
      provider.answer("before");

      CompletableFuture<Void> ended = plane.router.end(Names.CALLER);
      provider.answer("after");
      provider.close();

      ended.get(60, TimeUnit.SECONDS);
      assertThat(seen).containsExactly("before", "UNAUTHENTICATED");
    }
  }

  /** A provider that sends on after its call was cancelled, as one far away does for a while. */
  private static final class DeafProvider extends Channel {
    private ClientCall.@Nullable Listener<EchoResponse> listener;

    void answer(String text) {
      requireNonNull(listener).onMessage(EchoResponse.newBuilder().setCaller(text).build());
    }

    void close() {
      requireNonNull(listener).onClose(Status.CANCELLED, new Metadata());
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new SilentCall<>() {
        @Override
        @SuppressWarnings("unchecked") // Echo's
        public void start(Listener<R> theirs, Metadata headers) {
          listener = (Listener<EchoResponse>) theirs;
        }
      };
    }

    @Override
    public String authority() {
      return "deaf";
    }
  }

  /** A drain waits for the calls that it found, however many come and go elsewhere. Row: RT-18. */
  @Test
  void drained_completesWithTheLastCall_andIgnoresOthers() throws Exception {
    try (Plane plane = new Plane()) {
      plane.provide(Names.TARPIT, Names.OTHER, new EchoProvider());
      Channel channel = plane.channel(Names.CALLER);
      ListenableFuture<EchoResponse> first = EchoGrpc.newFutureStub(channel).unary(HANGING);
      ListenableFuture<EchoResponse> second = EchoGrpc.newFutureStub(channel).unary(HANGING);
      ListenableFuture<EchoResponse> elsewhere = OtherGrpc.newFutureStub(channel).unary(HANGING);

      CompletableFuture<Void> drained = plane.router.drained(Names.WORDS);

      first.cancel(true);
      await().atMost(SOON).until(() -> plane.router.inFlight(Names.WORDS) == 1);
      assertThat(drained.isDone()).isFalse();
      second.cancel(true);
      drained.get(60, TimeUnit.SECONDS);
      assertThat(plane.router.drained(Names.WORDS).isDone()).isTrue();
      elsewhere.cancel(true);
    }
  }
}
