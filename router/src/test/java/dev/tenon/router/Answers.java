package dev.tenon.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Collects what a call brings, at the speed the test asks for. */
final class Answers implements ClientResponseObserver<EchoRequest, EchoResponse> {
  private final int initially;
  private final ConcurrentLinkedQueue<EchoResponse> messages = new ConcurrentLinkedQueue<>();
  private final Semaphore arrived = new Semaphore(0);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Throwable failure;
  private volatile @Nullable ClientCallStreamObserver<EchoRequest> call;

  Answers(int initially) {
    this.initially = initially;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<EchoRequest> call) {
    this.call = call;
    call.disableAutoRequestWithInitial(initially);
  }

  void request(int messages) {
    Objects.requireNonNull(call).request(messages);
  }

  void cancel() {
    Objects.requireNonNull(call).cancel("test", null);
  }

  @Override
  public void onNext(EchoResponse message) {
    messages.add(message);
    arrived.release();
  }

  @Override
  public void onError(Throwable t) {
    failure = t;
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    ended.countDown();
  }

  boolean awaitMessage() throws InterruptedException {
    return arrived.tryAcquire(30, TimeUnit.SECONDS);
  }

  List<EchoResponse> messages() {
    return List.copyOf(messages);
  }

  Status end() {
    try {
      assertThat(ended.await(30, TimeUnit.SECONDS)).as("call ended").isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    Throwable failed = failure;
    return failed == null ? Status.OK : Status.fromThrowable(failed);
  }

  StatusRuntimeException failure() {
    assertThat(end().isOk()).isFalse();
    return (StatusRuntimeException) Objects.requireNonNull(failure);
  }
}
