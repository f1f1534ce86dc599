package dev.tenon.host;

import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import dev.tenon.testservice.v1.OtherGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;

/** An Other whose calls hang until they are cancelled; it knows how many do. */
final class HangingOther extends OtherGrpc.OtherImplBase {
  final AtomicInteger open = new AtomicInteger();

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    ((ServerCallStreamObserver<EchoResponse>) response).setOnCancelHandler(open::decrementAndGet);
    open.incrementAndGet();
  }
}
