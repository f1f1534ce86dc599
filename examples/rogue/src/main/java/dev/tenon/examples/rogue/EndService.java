package dev.tenon.examples.rogue;

import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.DrainResponse;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import dev.tenon.v1.ShutdownResponse;
import io.grpc.stub.StreamObserver;

/** Ends the run when the host asks: what is left of it would be killed anyway. */
final class EndService extends PluginControlGrpc.PluginControlImplBase {
  private final Runnable end;

  EndService(Runnable end) {
    this.end = end;
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> answer) {
    answer.onNext(DrainResponse.getDefaultInstance());
    answer.onCompleted();
  }

  @Override
  public void shutdown(ShutdownRequest request, StreamObserver<ShutdownResponse> answer) {
    answer.onNext(ShutdownResponse.getDefaultInstance());
    answer.onCompleted();
    end.run();
  }
}
