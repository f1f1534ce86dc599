package dev.tenon.testing;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A continuous load of one caller: unary, client, server and bidirectional streams one after the
 * other, each on a thread of its own, and streams that stay open for a while.
 */
final class EveryCall implements AutoCloseable {
  private static final int KINDS = 5;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("x")).setRepeat(3).build();

  private final String caller;
  private final EchoGrpc.EchoStub stub;
  private final Duration pause;
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch ending = new CountDownLatch(1);
  private final AtomicLong done = new AtomicLong();
  private final AtomicLongArray rounds = new AtomicLongArray(KINDS);
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

  /** One call; throws if it fails. */
  @FunctionalInterface
  private interface Call {
    void run() throws Exception;
  }

  /**
   * Begins the load.
   *
   * @param pause between two calls of one kind
   * @param open how long the long streams are open
   */
  EveryCall(String caller, EchoGrpc.EchoStub stub, Duration pause, Duration open) {
    this.caller = caller;
    this.stub = stub;
    this.pause = pause;
    repeat("unary", () -> one(observer -> deadline().unary(REQUEST, observer)));
    repeat("server-stream", () -> one(observer -> deadline().serverStream(REQUEST, observer)));
    repeat("client-stream", () -> sending(1, Duration.ZERO, deadline()::clientStream));
    repeat("bidi", () -> sending(3, Duration.ZERO, deadline()::bidi));
    int messages = (int) Math.max(2, open.toMillis() / 100);
    repeat("long", () -> sending(messages, open.dividedBy(messages), stub::bidi));
  }

  private EchoGrpc.EchoStub deadline() {
    return stub.withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private void repeat(String kind, Call call) {
    int number = threads.size();
    Thread thread = new Thread(() -> repeatedly(kind, number, call), caller + "-" + kind);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void repeatedly(String kind, int number, Call call) {
    try {
      do {
        try {
          call.run();
          done.incrementAndGet();
        } catch (InterruptedException e) {
          return;
        } catch (Exception e) {
          failures.add(caller + " " + kind + ": " + e.getCause() + ", after " + done);
        }
        rounds.incrementAndGet(number);
      } while (!ending.await(pause.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes answers until the call ends. */
  private static final class Answers implements StreamObserver<EchoResponse> {
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Semaphore received = new Semaphore(0);

    @Override
    public void onNext(EchoResponse response) {
      received.release();
    }

    @Override
    public void onError(Throwable error) {
      end.completeExceptionally(error);
      received.release(1_000);
    }

    @Override
    public void onCompleted() {
      end.complete(null);
    }
  }

  private static void one(Consumer<StreamObserver<EchoResponse>> call) throws Exception {
    Answers answers = new Answers();
    call.accept(answers);
    answers.end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private void sending(
      int messages,
      Duration between,
      Function<StreamObserver<EchoResponse>, StreamObserver<EchoRequest>> call)
      throws Exception {
    Answers answers = new Answers();
    StreamObserver<EchoRequest> requests = call.apply(answers);
    for (int i = 0; i < messages && !answers.end.isDone(); i++) {
      requests.onNext(EchoRequest.newBuilder().setPayload(REQUEST.getPayload()).build());
      if (!between.isZero() && ending.await(between.toMillis(), TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    if (!answers.end.isCompletedExceptionally()) {
      requests.onCompleted();
    }
    answers.end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Returns when every call that is open now has ended, and one more of its kind. */
  void awaitNext() {
    long[] before = IntStream.range(0, KINDS).mapToLong(rounds::get).toArray();
    await()
        .atMost(PATIENCE)
        .until(() -> IntStream.range(0, KINDS).allMatch(i -> rounds.get(i) >= before[i] + 2));
  }

  /** Returns how many calls have ended well. */
  long done() {
    return done.get();
  }

  /** Returns what failed so far. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Ends the load, and returns when the last call has ended. */
  @Override
  public void close() {
    ending.countDown();
    try {
      for (Thread thread : threads) {
        thread.join(PATIENCE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
