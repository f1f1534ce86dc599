package dev.tenon.testing.attack;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The service of the innocent provider: answers with what it was sent, once or as often as it was
 * asked to, as fast as that is taken.
 */
final class InnocentEcho extends EchoGrpc.EchoImplBase {
  static final String SERVICE = EchoGrpc.SERVICE_NAME;

  /** How many streams wait for their caller to take more. */
  final AtomicInteger waiting = new AtomicInteger();

  /** How many streams their callers have left. */
  final AtomicInteger left = new AtomicInteger();

  /** How many messages all streams have sent. */
  final AtomicLong sent = new AtomicLong();

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
    observer.onCompleted();
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> observer) {
    var call = (ServerCallStreamObserver<EchoResponse>) observer;
    EchoResponse answer = EchoResponse.newBuilder().setPayload(request.getPayload()).build();
    AtomicLong rest = new AtomicLong(Integer.toUnsignedLong(request.getRepeat()));
    call.setOnCancelHandler(left::incrementAndGet);
    call.setOnReadyHandler(
        () -> {
          while (rest.get() > 0 && call.isReady()) {
            rest.decrementAndGet();
            sent.incrementAndGet();
            call.onNext(answer);
          }
          if (rest.get() == 0) {
            call.onCompleted();
          } else {
            waiting.incrementAndGet();
          }
        });
  }
}
