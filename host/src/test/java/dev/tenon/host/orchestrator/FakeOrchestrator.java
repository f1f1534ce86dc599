package dev.tenon.host.orchestrator;

import dev.tenon.transport.Peer;
import dev.tenon.v1.DeregisterHostRequest;
import dev.tenon.v1.DeregisterHostResponse;
import dev.tenon.v1.HeartbeatRequest;
import dev.tenon.v1.HeartbeatResponse;
import dev.tenon.v1.OrchestratorGrpc;
import dev.tenon.v1.RegisterHostRequest;
import dev.tenon.v1.RegisterHostResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** An orchestrator that keeps what it was told, and answers as a test wants. */
final class FakeOrchestrator extends OrchestratorGrpc.OrchestratorImplBase {
  static final String REGISTER = "RegisterHost";
  static final String HEARTBEAT = "Heartbeat";
  static final String DEREGISTER = "DeregisterHost";

  /** The description of an answer that is never given. */
  static final String SILENT = "silent";

  final List<String> calls = new CopyOnWriteArrayList<>();
  final List<Optional<Duration>> times = new CopyOnWriteArrayList<>();
  final List<RegisterHostRequest> hosts = new CopyOnWriteArrayList<>();
  final List<String> callers = new CopyOnWriteArrayList<>();
  volatile Function<String, Status> answers = call -> Status.OK;

  /** Returns the service, with who calls it noted. */
  ServerServiceDefinition overTls() {
    return ServerInterceptors.intercept(
        this,
        new ServerInterceptor() {
          @Override
          public <Q, R> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            callers.add(Peer.of(call).flatMap(Peer::id).map(Object::toString).orElse(""));
            return next.startCall(call, headers);
          }
        });
  }

  @Override
  public void registerHost(
      RegisterHostRequest request, StreamObserver<RegisterHostResponse> answer) {
    hosts.add(request);
    answer(REGISTER, RegisterHostResponse.getDefaultInstance(), answer);
  }

  @Override
  public void heartbeat(HeartbeatRequest request, StreamObserver<HeartbeatResponse> answer) {
    answer(HEARTBEAT, HeartbeatResponse.getDefaultInstance(), answer);
  }

  @Override
  public void deregisterHost(
      DeregisterHostRequest request, StreamObserver<DeregisterHostResponse> answer) {
    answer(DEREGISTER, DeregisterHostResponse.getDefaultInstance(), answer);
  }

  private <R> void answer(String call, R response, StreamObserver<R> answer) {
    times.add(
        Optional.ofNullable(Context.current().getDeadline())
            .map((Deadline end) -> Duration.ofNanos(end.timeRemaining(TimeUnit.NANOSECONDS))));
    calls.add(call);
    Status status = answers.apply(call);
    if (status.isOk()) {
      answer.onNext(response);
      answer.onCompleted();
    } else if (!SILENT.equals(status.getDescription())) {
      answer.onError(status.asRuntimeException());
    }
  }
}
