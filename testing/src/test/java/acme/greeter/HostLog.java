package acme.greeter;

import acme.log.v1.LogGrpc;
import acme.log.v1.WriteRequest;
import acme.log.v1.WriteResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A log service that keeps its lines; the host offers it, and the test fakes it. */
final class HostLog extends LogGrpc.LogImplBase {
  private final List<String> lines = new CopyOnWriteArrayList<>();

  @Override
  public void write(WriteRequest request, StreamObserver<WriteResponse> observer) {
    lines.add(request.getText());
    observer.onNext(WriteResponse.getDefaultInstance());
    observer.onCompleted();
  }

  List<String> lines() {
    return List.copyOf(lines);
  }
}
