package dev.tenon.host;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An Echo that answers a unary call at once, unless it asks to hang, and never ends a stream: each
 * call of another kind is answered once and stays open until somebody else ends it. It knows how
 * many are open.
 */
final class OpenEcho extends EchoGrpc.EchoImplBase {
  static final EchoRequest HANGING = EchoRequest.newBuilder().setHang(true).build();

  final AtomicInteger open = new AtomicInteger();
  private final Queue<StreamObserver<EchoResponse>> held = new ConcurrentLinkedQueue<>();

  /** Answers the unary calls that hang. */
  void answerHanging() {
    for (var next = held.poll(); next != null; next = held.poll()) {
      open.decrementAndGet();
      next.onNext(answer(ByteString.EMPTY));
      next.onCompleted();
    }
  }

  /** Fails the unary calls that hang. */
  void failHanging() {
    for (var next = held.poll(); next != null; next = held.poll()) {
      open.decrementAndGet();
      next.onError(Status.ABORTED.asRuntimeException());
    }
  }

  private void hold(StreamObserver<EchoResponse> response) {
    open.incrementAndGet();
    ((ServerCallStreamObserver<EchoResponse>) response)
        .setOnCancelHandler(
            () -> {
              var unused = open.decrementAndGet();
            });
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    if (request.getHang()) {
      hold(response);
      held.add(response);
    } else {
      response.onNext(answer(request.getPayload()));
      response.onCompleted();
    }
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
    hold(response);
    response.onNext(answer(request.getPayload()));
  }

  @Override
  public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> response) {
    hold(response);
    return ignoring();
  }

  @Override
  public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> response) {
    hold(response);
    response.onNext(answer(ByteString.EMPTY));
    return ignoring();
  }

  private static EchoResponse answer(ByteString payload) {
    return EchoResponse.newBuilder().setPayload(payload).build();
  }

  private static StreamObserver<EchoRequest> ignoring() {
    return new StreamObserver<>() {
      @Override
      public void onNext(EchoRequest request) {}

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {}
    };
  }
}
