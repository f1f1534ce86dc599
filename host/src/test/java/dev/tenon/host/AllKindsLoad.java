package dev.tenon.host;

import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import dev.tenon.testservice.v1.EchoResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** Calls of all four kinds, one after another in rounds, on a thread of its own. */
public final class AllKindsLoad {
  private static final EchoRequest REQUEST = EchoRequest.getDefaultInstance();

  private final EchoGrpc.EchoStub echo;
  private final AtomicLong rounds = new AtomicLong();
  private final List<Status> failures = new CopyOnWriteArrayList<>();
  private final Thread thread = new Thread(this::run, "all-kinds");
  private volatile boolean stopped;

  private AllKindsLoad(Channel channel) {
    echo = EchoGrpc.newStub(channel);
  }

  /** Begins to call on {@code channel}. */
  public static AllKindsLoad on(Channel channel) {
    AllKindsLoad load = new AllKindsLoad(channel);
    load.thread.setDaemon(true);
    load.thread.start();
    return load;
  }

  private void run() {
    while (!stopped) {
      Answer unary = new Answer();
      echo.unary(REQUEST, unary);
      unary.await();
      Answer serverStream = new Answer();
      echo.serverStream(REQUEST, serverStream);
      serverStream.await();
      Answer clientStream = new Answer();
      send(echo.clientStream(clientStream));
      clientStream.await();
      Answer bidi = new Answer();
      send(echo.bidi(bidi));
      bidi.await();
      rounds.incrementAndGet();
    }
  }

  private static void send(StreamObserver<EchoRequest> requests) {
    requests.onNext(REQUEST);
    requests.onNext(REQUEST);
    requests.onCompleted();
  }

  /** Returns how many rounds have ended. */
  public long rounds() {
    return rounds.get();
  }

  /** Returns how the calls ended that did not end well. */
  public List<Status> failures() {
    return failures;
  }

  /** Waits until a round has ended that began after this was called. */
  public void awaitRound() {
    long before = rounds.get();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> rounds.get() >= before + 2);
  }

  /** Ends with the round that is under way. */
  public void stop() throws InterruptedException {
    stopped = true;
    thread.join();
  }

  private final class Answer implements StreamObserver<EchoResponse> {
    private final CompletableFuture<Status> end = new CompletableFuture<>();

    void await() {
      Status status;
      try {
        status = end.get(60, TimeUnit.SECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        status = Status.UNKNOWN.withCause(e);
      }
      if (!status.isOk()) {
        failures.add(status);
      }
    }

    @Override
    public void onNext(EchoResponse value) {}

    @Override
    public void onError(Throwable t) {
      end.complete(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}
