package dev.tenon.host;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;

/** An Echo that answers with its own name, so that a caller sees whom it reached. */
final class NamedEcho extends EchoGrpc.EchoImplBase {
  static final String SERVICE = EchoGrpc.SERVICE_NAME;

  final AtomicInteger calls = new AtomicInteger();
  private final String name;

  NamedEcho(String name) {
    this.name = name;
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    calls.incrementAndGet();
    observer.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(name)).build());
    observer.onCompleted();
  }
}
