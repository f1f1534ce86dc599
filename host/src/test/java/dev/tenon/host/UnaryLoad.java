package dev.tenon.host;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Unary calls without a pause, some at a time; each lane ends with its first failure. */
final class UnaryLoad implements AutoCloseable {
  private final EchoGrpc.EchoStub echo;
  private final AtomicLong answered = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();
  private final List<Status> failures = new CopyOnWriteArrayList<>();
  private volatile boolean stopped;

  private UnaryLoad(Channel channel) {
    echo = EchoGrpc.newStub(channel);
  }

  static UnaryLoad on(Channel channel, int lanes) {
    UnaryLoad load = new UnaryLoad(channel);
    load.running.set(lanes);
    for (int lane = 0; lane < lanes; lane++) {
      load.next();
    }
    return load;
  }

  private void next() {
    if (stopped) {
      running.decrementAndGet();
      return;
    }
    echo.unary(
        EchoRequest.getDefaultInstance(),
        new StreamObserver<EchoResponse>() {
          @Override
          public void onNext(EchoResponse value) {
            answered.incrementAndGet();
          }

          @Override
          public void onError(Throwable t) {
            failures.add(Status.fromThrowable(t));
            running.decrementAndGet();
          }

          @Override
          public void onCompleted() {
            next();
          }
        });
  }

  long answered() {
    return answered.get();
  }

  /** Returns whether no lane runs any more. */
  boolean hasEnded() {
    return running.get() == 0;
  }

  List<Status.Code> failures() {
    return failures.stream().map(Status::getCode).toList();
  }

  @Override
  public void close() {
    stopped = true;
  }
}
