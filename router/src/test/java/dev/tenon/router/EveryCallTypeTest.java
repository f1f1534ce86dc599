package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Admission is the same for all four call types. */
final class EveryCallTypeTest {
  private static final EchoRequest REQUEST = EchoRequest.newBuilder().setRepeat(1).build();

  /** How a call is made. */
  enum CallType {
    UNARY {
      @Override
      void call(EchoGrpc.EchoStub echo, StreamObserver<EchoResponse> answers) {
        echo.unary(REQUEST, answers);
      }
    },
    SERVER_STREAM {
      @Override
      void call(EchoGrpc.EchoStub echo, StreamObserver<EchoResponse> answers) {
        echo.serverStream(REQUEST, answers);
      }
    },
    CLIENT_STREAM {
      @Override
      void call(EchoGrpc.EchoStub echo, StreamObserver<EchoResponse> answers) {
        send(echo.clientStream(answers));
      }
    },
    BIDI {
      @Override
      void call(EchoGrpc.EchoStub echo, StreamObserver<EchoResponse> answers) {
        send(echo.bidi(answers));
      }
    };

    abstract void call(EchoGrpc.EchoStub echo, StreamObserver<EchoResponse> answers);

    private static void send(StreamObserver<EchoRequest> requests) {
      requests.onNext(REQUEST);
      requests.onCompleted();
    }
  }

  /** Returns how a call ends, and that something came before with {@code after=}. */
  private static String end(CallType type, Channel channel) throws Exception {
    CompletableFuture<String> end = new CompletableFuture<>();
    type.call(
        EchoGrpc.newStub(channel),
        new StreamObserver<EchoResponse>() {
          private String after = "";

          @Override
          public void onNext(EchoResponse value) {
            after = " after an answer";
          }

          @Override
          public void onError(Throwable t) {
            end.complete(Status.fromThrowable(t).getCode() + after);
          }

          @Override
          public void onCompleted() {
            end.complete("OK" + after);
          }
        });
    return end.get(20, TimeUnit.SECONDS);
  }

  /**
   * Without a token, or with another's, nothing reaches the provider and no answer comes before the
   * refusal.
   *
   * <p>Row: HS-25
   */
  @ParameterizedTest
  @EnumSource
  void call_withoutItsToken_isRefusedBeforeTheFirstAnswer(CallType type) throws Exception {
    try (Wire wire = new Wire()) {
      EchoProvider provider = new EchoProvider();
      wire.provide(Names.WORDS, Names.ECHO, provider);
      Wire.Caller caller = wire.enrol(Names.CALLER);
      Wire.Caller other = wire.enrol(Names.STRANGER);
      String foreign = "Bearer " + other.token().exposeForWire();

      assertThat(end(type, caller.bare())).isEqualTo("UNAUTHENTICATED");
      assertThat(end(type, caller.withAuthorization(foreign))).isEqualTo("UNAUTHENTICATED");
      assertThat(provider.calls).hasValue(0);
      assertThat(end(type, caller.channel())).isEqualTo("OK after an answer");
    }
  }
}
