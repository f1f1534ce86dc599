package dev.tenon.sdk;

import com.google.protobuf.ByteString;
import dev.tenon.core.Caller;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** An echo that remembers how it was called, answers with its caller, and can hang. */
final class EchoService extends EchoGrpc.EchoImplBase {
  final List<Metadata> headers = new CopyOnWriteArrayList<>();
  final List<Optional<Deadline>> deadlines = new CopyOnWriteArrayList<>();

  /** What else a unary call does. */
  volatile Runnable atTheEnd = () -> {};

  /** How unary calls end, if not well. */
  volatile @Nullable StatusRuntimeException failure;

  /** How streams of answers end, if not well. */
  volatile @Nullable StatusRuntimeException failureAfterAnswer;

  private final List<StreamObserver<EchoResponse>> hanging = new CopyOnWriteArrayList<>();

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> response) {
    deadlines.add(Optional.ofNullable(Context.current().getDeadline()));
    if (failure != null) {
      response.onError(failure);
      return;
    }
    if (request.getHang()) {
      ((ServerCallStreamObserver<EchoResponse>) response).setOnCancelHandler(() -> {});
      hanging.add(response);
      return;
    }
    response.onNext(answer(request.getPayload()));
    response.onCompleted();
    atTheEnd.run();
  }

  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> response) {
    deadlines.add(Optional.ofNullable(Context.current().getDeadline()));
    response.onNext(answer(request.getPayload()));
    if (failureAfterAnswer != null) {
      response.onError(failureAfterAnswer);
      return;
    }
    response.onCompleted();
  }

  private static EchoResponse answer(ByteString payload) {
    return EchoResponse.newBuilder()
        .setPayload(payload)
        .setCaller(Caller.current().map(caller -> caller.id().toString()).orElse(""))
        .setPid(ProcessHandle.current().pid())
        .build();
  }

  /** Returns how many calls hang. */
  int hanging() {
    return hanging.size();
  }

  /** Answers the calls that hang. */
  void release() {
    for (StreamObserver<EchoResponse> response : hanging) {
      response.onNext(answer(ByteString.EMPTY));
      response.onCompleted();
    }
    hanging.clear();
  }

  /** Returns what remembers the headers of each call. */
  ServerInterceptor headers() {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
        headers.add(metadata);
        return next.startCall(call, metadata);
      }
    };
  }
}
