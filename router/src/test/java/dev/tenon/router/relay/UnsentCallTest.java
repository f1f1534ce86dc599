package dev.tenon.router.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls that are forwarded to where nobody is. */
final class UnsentCallTest {
  private static final MethodDescriptor<byte[], byte[]> ECHO =
      MethodDescriptor.newBuilder(ByteMarshaller.INSTANCE, ByteMarshaller.INSTANCE)
          .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
          .setFullMethodName("test.Plain/Echo")
          .build();

  private Plain plain;
  private ManagedChannel caller;

  @BeforeEach
  void start() throws Exception {
    plain = new Plain(new Echo());
    plain.first = plain.nowhere;
    caller = plain.caller();
  }

  @AfterEach
  void end() {
    plain.close();
  }

  /**
   * All that its caller sent meanwhile reaches the provider where it goes on to, whatever its size,
   * be it that the connection fails then or has failed before.
   */
  @Test
  void forward_nobodyThereAndOnwards_everyByteArrives() {
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      byte[] message = new byte[i % 10 == 0 ? 300_000 : random.nextInt(2_000)];
      random.nextBytes(message);

      byte[] answer = ClientCalls.blockingUnaryCall(caller, ECHO, CallOptions.DEFAULT, message);

      assertThat(answer).isEqualTo(message);
    }
    assertThat(plain.told).filteredOn("unsent"::equals).hasSize(50);
  }

  /** A stream goes on with every message, in order. */
  @Test
  void forward_streamToNobodyAndOnwards_everyMessageArrives() throws Exception {
    List<Integer> answers = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            caller.newCall(ECHO, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] answer) {
                answers.add(answer.length);
              }

              @Override
              public void onError(Throwable failure) {
                ended.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {
                ended.complete(null);
              }
            });
    for (int length = 0; length < 20; length++) {
      requests.onNext(new byte[length]);
    }
    requests.onCompleted();
    ended.get(60, TimeUnit.SECONDS);

    Iterator<Integer> lengths = answers.iterator();
    for (int length = 0; length < 20; length++) {
      assertThat(lengths.next()).isEqualTo(length);
    }
  }

  /** Whoever does not want it to go on has it end, once. */
  @Test
  void forward_nobodyThereAndNotOnwards_unavailable() {
    plain.goesOn = false;
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () -> ClientCalls.blockingUnaryCall(caller, ECHO, CallOptions.DEFAULT, new byte[10]))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageStartingWith("UNAVAILABLE");
    }
    assertThat(plain.told)
        .containsExactly(
            "unsent",
            "UNAVAILABLE",
            "over",
            "unsent",
            "UNAVAILABLE",
            "over",
            "unsent",
            "UNAVAILABLE",
            "over");
  }

  /** Answers each message with itself. */
  private static final class Echo implements BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return ServerServiceDefinition.builder("test.Plain")
          .addMethod(ECHO, ServerCalls.asyncBidiStreamingCall(Echo::answering))
          .build();
    }

    private static StreamObserver<byte[]> answering(StreamObserver<byte[]> caller) {
      return new StreamObserver<>() {
        @Override
        public void onNext(byte[] message) {
          caller.onNext(message);
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {
          caller.onCompleted();
        }
      };
    }
  }
}
