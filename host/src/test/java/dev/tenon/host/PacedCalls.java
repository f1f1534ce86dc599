package dev.tenon.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Unary calls at a rate, from many plugins in turn, whether or not earlier ones are answered. How
 * long one took counts from the moment at which it was due.
 */
final class PacedCalls {
  private final AtomicLongArray nanos;
  private final AtomicIntegerArray codes;
  private final CountDownLatch left;

  private PacedCalls(int calls) {
    nanos = new AtomicLongArray(calls);
    codes = new AtomicIntegerArray(calls);
    left = new CountDownLatch(calls);
  }

  /** Begins {@code perSecond} calls a second for {@code time}, and waits until all have ended. */
  static PacedCalls make(List<Channel> callers, int perSecond, Duration time)
      throws InterruptedException {
    List<EchoGrpc.EchoStub> stubs = callers.stream().map(EchoGrpc::newStub).toList();
    PacedCalls calls = new PacedCalls((int) (perSecond * time.toMillis() / 1_000));
    long start = System.nanoTime();
    for (int i = 0; i < calls.nanos.length(); i++) {
      long due = start + (long) i * 1_000_000_000 / perSecond;
      for (long early; (early = due - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(early);
      }
      calls.begin(i, due, stubs.get(i % stubs.size()));
    }
    assertThat(calls.left.await(60, TimeUnit.SECONDS)).as("all calls end").isTrue();
    return calls;
  }

  private void begin(int index, long due, EchoGrpc.EchoStub stub) {
    RawPlugin.deadline(stub)
        .unary(
            EchoRequest.getDefaultInstance(),
            new StreamObserver<EchoResponse>() {
              @Override
              public void onNext(EchoResponse answer) {}

              @Override
              public void onError(Throwable t) {
                ended(Status.fromThrowable(t).getCode());
              }

              @Override
              public void onCompleted() {
                ended(Status.Code.OK);
              }

              private void ended(Status.Code code) {
                nanos.set(index, System.nanoTime() - due);
                codes.set(index, code.value());
                left.countDown();
              }
            });
  }

  /** Returns how many calls ended with which status. */
  Map<Status.Code, Integer> ends() {
    Map<Status.Code, Integer> ends = new EnumMap<>(Status.Code.class);
    for (int i = 0; i < codes.length(); i++) {
      ends.merge(Status.fromCodeValue(codes.get(i)).getCode(), 1, Integer::sum);
    }
    return ends;
  }

  /** Returns a line of numbers about {@code what}. */
  String line(String what) {
    long[] sorted = new long[nanos.length()];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = nanos.get(i);
    }
    java.util.Arrays.sort(sorted);
    return "%s: %d calls %s, p50 %.2f ms, p99 %.2f ms, longest %.2f ms"
        .formatted(
            what,
            sorted.length,
            ends(),
            sorted[sorted.length / 2] / 1e6,
            sorted[sorted.length * 99 / 100] / 1e6,
            sorted[sorted.length - 1] / 1e6);
  }
}
