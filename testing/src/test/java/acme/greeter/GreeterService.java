package acme.greeter;

import acme.greeter.v1.GreetRequest;
import acme.greeter.v1.GreetResponse;
import acme.greeter.v1.GreeterGrpc;
import acme.log.v1.LogGrpc;
import acme.log.v1.WriteRequest;
import dev.tenon.core.Caller;
import io.grpc.stub.StreamObserver;

// README: service
final class GreeterService extends GreeterGrpc.GreeterImplBase {
  private final LogGrpc.LogBlockingStub log;

  GreeterService(LogGrpc.LogBlockingStub log) {
    this.log = log;
  }

  @Override
  public void greet(GreetRequest request, StreamObserver<GreetResponse> observer) {
    String caller = Caller.current().map(Caller::name).orElse("nobody"); // verified by the host
    log.write(WriteRequest.newBuilder().setText(caller + " greets " + request.getName()).build());
    observer.onNext(GreetResponse.newBuilder().setText("Hello, " + request.getName()).build());
    observer.onCompleted();
  }
}
// end
