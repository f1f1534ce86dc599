package dev.tenon.host.life;

import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.core.Grant;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;

/** Answers with who called and with which grant. */
final class GrantedEcho extends EchoGrpc.EchoImplBase {
  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    response.onNext(
        EchoResponse.newBuilder()
            .setCaller(Caller.current().map(Caller::name).orElse("nobody"))
            .setPayload(ByteString.copyFromUtf8(Grant.current().map(Grant::id).orElse("no grant")))
            .build());
    response.onCompleted();
  }
}
