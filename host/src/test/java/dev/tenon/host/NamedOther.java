package dev.tenon.host;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.StreamObserver;

/** An Other that answers with its own name. */
final class NamedOther extends OtherGrpc.OtherImplBase {
  static final String SERVICE = OtherGrpc.SERVICE_NAME;

  private final String name;

  NamedOther(String name) {
    this.name = name;
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(EchoResponse.newBuilder().setPayload(ByteString.copyFromUtf8(name)).build());
    observer.onCompleted();
  }
}
