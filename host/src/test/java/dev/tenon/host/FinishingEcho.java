package dev.tenon.host;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;

/** An Echo that ends each call in good order once its caller has. */
public final class FinishingEcho extends EchoGrpc.EchoImplBase {
  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    response.onNext(EchoResponse.getDefaultInstance());
    response.onCompleted();
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
    response.onNext(EchoResponse.getDefaultInstance());
    response.onNext(EchoResponse.getDefaultInstance());
    response.onCompleted();
  }

  @Override
  public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> response) {
    return new Finishing(response, /* each= */ 0);
  }

  @Override
  public StreamObserver<EchoRequest> bidi(StreamObserver<EchoResponse> response) {
    return new Finishing(response, /* each= */ 1);
  }

  private record Finishing(StreamObserver<EchoResponse> response, int each)
      implements StreamObserver<EchoRequest> {
    @Override
    public void onNext(EchoRequest request) {
      for (int i = 0; i < each; i++) {
        response.onNext(EchoResponse.getDefaultInstance());
      }
    }

    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {
      if (each == 0) {
        response.onNext(EchoResponse.getDefaultInstance());
      }
      response.onCompleted();
    }
  }
}
