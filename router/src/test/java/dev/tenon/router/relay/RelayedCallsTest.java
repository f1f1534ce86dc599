package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of grpc-java through the relay to grpc-java. */
final class RelayedCallsTest {
  static final MethodDescriptor<byte[], byte[]> ECHO = method("Echo");
  static final MethodDescriptor<byte[], byte[]> NEVER = method("Never");
  private static final MethodDescriptor<byte[], byte[]> FAIL = method("Fail");

  private final Service service = new Service();
  private Plain plain;
  private ManagedChannel caller;

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
        .setFullMethodName("test.Plain/" + name)
        .build();
  }

  @BeforeEach
  void start() throws Exception {
    plain = new Plain(service);
    caller = plain.caller();
  }

  @AfterEach
  void end() {
    plain.close();
  }

  private byte[] echo(byte[] message) {
    return ClientCalls.blockingUnaryCall(caller, ECHO, CallOptions.DEFAULT, message);
  }

  @Test
  void unary_ofAllSizes_comesBack() {
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] message = new byte[random.nextInt(i % 20 == 0 ? 1_000_000 : 3_000)];
      random.nextBytes(message);
      assertThat(echo(message)).isEqualTo(message);
    }
  }

  /** A message that is longer than all windows together, in both directions. */
  @Test
  void unary_beyondTheWindows_comesBack() {
    byte[] message = new byte[3 * 1024 * 1024];
    Arrays.fill(message, (byte) 7);

    assertThat(echo(message)).isEqualTo(message);
  }

  @Test
  void bidi_manyAtOnce_keepTheirMessages() throws Exception {
    CompletableFuture<?>[] all = new CompletableFuture<?>[20];
    for (int i = 0; i < all.length; i++) {
      byte id = (byte) i;
      CompletableFuture<Void> done = new CompletableFuture<>();
      all[i] = done;
      AtomicInteger left = new AtomicInteger(200);
      StreamObserver<byte[]> to =
          ClientCalls.asyncBidiStreamingCall(
              caller.newCall(ECHO, CallOptions.DEFAULT),
              new StreamObserver<byte[]>() {
                @Override
                public void onNext(byte[] value) {
                  if (value[0] == id) {
                    left.decrementAndGet();
                  }
                }

                @Override
                public void onError(Throwable t) {
                  done.completeExceptionally(t);
                }

                @Override
                public void onCompleted() {
                  assertThat(left).hasValue(0);
                  done.complete(null);
                }
              });
      for (int message = 0; message < 200; message++) {
        to.onNext(new byte[] {id, 1, 2, 3});
      }
      to.onCompleted();
    }

    CompletableFuture.allOf(all).get(60, TimeUnit.SECONDS);
  }

  @Test
  void call_thatEndsWithAStatus_endsSo() {
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(caller, FAIL, CallOptions.DEFAULT, new byte[] {1}))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DATA_LOSS);
              assertThat(e.getStatus().getDescription()).isEqualTo("gone \u00e4%");
            });
  }

  @Test
  void call_beyondItsDeadline_endsAndIsCancelledAtItsProvider() {
    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    caller,
                    NEVER,
                    CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS),
                    new byte[0]))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    await().atMost(Duration.ofSeconds(30)).until(() -> service.cancelled.get() == 1);
  }

  /** The pitfall of a shared connection that dies of the cancels of its callers. */
  @Test
  void call_after500Cancels_goesThrough() throws Exception {
    for (int i = 0; i < 500; i++) {
      ClientCall<byte[], byte[]> call = caller.newCall(NEVER, CallOptions.DEFAULT);
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      call.sendMessage(new byte[10]);
      call.request(1);
      call.cancel("changed my mind", null);
    }

    assertThat(echo(new byte[] {1, 2})).containsExactly(1, 2);
  }

  @Test
  void call_whoseProviderDies_isUnavailable() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Status[] end = new Status[1];
    ClientCall<byte[], byte[]> call = caller.newCall(NEVER, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end[0] = status;
            ended.countDown();
          }
        },
        new Metadata());
    call.sendMessage(new byte[10]);
    call.request(1);
    await().atMost(Duration.ofSeconds(30)).until(() -> service.begun.get() == 1);

    plain.killProvider();

    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(end[0].getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(plain.told).containsExactly("UNAVAILABLE", "over");
  }

  static final class Service implements BindableService {
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger cancelled = new AtomicInteger();

    @Override
    public ServerServiceDefinition bindService() {
      return ServerServiceDefinition.builder("test.Plain")
          .addMethod(ECHO, ServerCalls.asyncBidiStreamingCall(Service::echo))
          .addMethod(NEVER, ServerCalls.asyncBidiStreamingCall(this::never))
          .addMethod(FAIL, ServerCalls.asyncBidiStreamingCall(Service::fail))
          .build();
    }

    private static StreamObserver<byte[]> echo(StreamObserver<byte[]> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(byte[] value) {
          out.onNext(value);
        }

        @Override
        public void onError(Throwable t) {
          // The caller has gone.
        }

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }

    private static StreamObserver<byte[]> fail(StreamObserver<byte[]> out) {
      out.onError(Status.DATA_LOSS.withDescription("gone \u00e4%").asException());
      return echo(out);
    }

    private StreamObserver<byte[]> never(StreamObserver<byte[]> out) {
      begun.incrementAndGet();
      ((ServerCallStreamObserver<byte[]>) out).setOnCancelHandler(cancelled::incrementAndGet);
      return new StreamObserver<>() {
        @Override
        public void onNext(byte[] value) {
          // Never answers.
        }

        @Override
        public void onError(Throwable t) {
          // The caller has gone.
        }

        @Override
        public void onCompleted() {
          // Never answers.
        }
      };
    }
  }
}
