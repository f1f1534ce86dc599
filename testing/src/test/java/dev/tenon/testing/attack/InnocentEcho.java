package dev.tenon.testing.attack;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;

/** The service of the innocent provider: answers with what it was sent. */
final class InnocentEcho extends EchoGrpc.EchoImplBase {
  static final String SERVICE = EchoGrpc.SERVICE_NAME;

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
    observer.onCompleted();
  }
}
