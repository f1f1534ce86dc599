package dev.tenon.router;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider that fails as often as a test says, and then echoes. */
final class Flaky extends EchoGrpc.EchoImplBase {
  static final Status UNAVAILABLE = Status.UNAVAILABLE.withDescription("not now");

  final AtomicInteger failures = new AtomicInteger();

  /** When each call came, by {@link System#nanoTime}. */
  final List<Long> calls = new CopyOnWriteArrayList<>();

  final List<EchoRequest> requests = new CopyOnWriteArrayList<>();
  volatile Status failure = UNAVAILABLE;
  volatile Metadata trailers = new Metadata();

  /** Complete when a call may be answered. */
  volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

  Flaky failing(int times) {
    failures.set(times);
    return this;
  }

  private boolean isFailure() {
    calls.add(System.nanoTime());
    return failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
  }

  @Override
  public void unary(EchoRequest request, StreamObserver<EchoResponse> observer) {
    requests.add(request);
    boolean isFailure = isFailure();
    var unused =
        gate.whenComplete(
            (open, never) -> {
              if (isFailure) {
                observer.onError(failure.asException(trailers));
              } else {
                observer.onNext(EchoResponse.newBuilder().setPayload(request.getPayload()).build());
                observer.onCompleted();
              }
            });
  }

  /** Answers once before it fails. */
  @Override
  public void serverStream(EchoRequest request, StreamObserver<EchoResponse> observer) {
    observer.onNext(EchoResponse.getDefaultInstance());
    if (isFailure()) {
      observer.onError(failure.asException());
    } else {
      observer.onCompleted();
    }
  }

  /** Fails once its caller has sent all. */
  @Override
  public StreamObserver<EchoRequest> clientStream(StreamObserver<EchoResponse> observer) {
    boolean isFailure = isFailure();
    return new StreamObserver<>() {
      @Override
      public void onNext(EchoRequest request) {
        requests.add(request);
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        if (isFailure) {
          observer.onError(failure.asException());
        } else {
          observer.onNext(EchoResponse.getDefaultInstance());
          observer.onCompleted();
        }
      }
    };
  }
}
