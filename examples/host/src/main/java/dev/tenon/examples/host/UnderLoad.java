package dev.tenon.examples.host;

import dev.tenon.examples.tokens.v1.SplitRequest;
import dev.tenon.examples.tokens.v1.SplitResponse;
import dev.tenon.examples.tokens.v1.TokensGrpc;
import dev.tenon.host.PluginHost;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls of {@code tokens}, one after the other, by a few callers at once. A call that was cut off
 * with its provider is made again, which is right for a method that changes nothing: it has failed
 * when it is refused, or not answered in time. Thread-safe.
 */
final class UnderLoad implements AutoCloseable {
  private static final int CALLERS = 2;
  private static final Duration IN_TIME = Duration.ofSeconds(30);
  private static final long PAUSE_NANOS = 5_000_000;
  private static final long PAUSE_BEFORE_REPEAT_NANOS = 1_000_000;
  private static final SplitRequest REQUEST =
      SplitRequest.newBuilder().setText("Who answers now?").build();

  private final TokensGrpc.TokensBlockingStub tokens;
  private final List<Thread> callers = new ArrayList<>();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();
  private volatile boolean ended;

  /** What there was since the last time that somebody asked. */
  record Counts(long calls, long repeated, long failed, Duration longest) {
    /** Returns what is wrong with these of {@code step}: calls that failed, or none at all. */
    List<String> problems(String step) {
      if (failed > 0) {
        return List.of(step + ": " + failed + " calls failed (expected: none)");
      }
      return calls > 0 ? List.of() : List.of(step + ": no call was answered (expected: some)");
    }
  }

  private UnderLoad(PluginHost host) {
    tokens = host.client(TokensGrpc::newBlockingStub);
  }

  static UnderLoad on(PluginHost host) {
    UnderLoad load = new UnderLoad(host);
    for (int i = 0; i < CALLERS; i++) {
      Thread caller = new Thread(load::callUntilEnded, "demo-caller-" + i);
      caller.setDaemon(true);
      load.callers.add(caller);
      caller.start();
    }
    return load;
  }

  private void callUntilEnded() {
    while (!ended) {
      call();
      LockSupport.parkNanos(PAUSE_NANOS); // leaves a small machine time for what it shows
    }
  }

  private void call() {
    long began = System.nanoTime();
    boolean isAnswered = false;
    while (!isAnswered) {
      try {
        var unused = split();
        isAnswered = true;
      } catch (StatusRuntimeException e) {
        boolean mayBeRepeated = e.getStatus().getCode() == Status.Code.UNAVAILABLE;
        if (!mayBeRepeated || System.nanoTime() - began > IN_TIME.toNanos()) {
          failed.incrementAndGet();
          break;
        }
        repeated.incrementAndGet();
        LockSupport.parkNanos(PAUSE_BEFORE_REPEAT_NANOS);
      }
    }
    calls.incrementAndGet();
    long took = System.nanoTime() - began;
    longestNanos.accumulateAndGet(took, Math::max);
  }

  private SplitResponse split() {
    return tokens.withDeadlineAfter(IN_TIME.toMillis(), TimeUnit.MILLISECONDS).split(REQUEST);
  }

  /** Returns the run that answers a call now. */
  String answering() {
    return split().getRuntimeId();
  }

  /** Returns the counts and begins new ones; a call that is open counts when it ends. */
  Counts counts() {
    return new Counts(
        calls.getAndSet(0),
        repeated.getAndSet(0),
        failed.getAndSet(0),
        Duration.ofNanos(longestNanos.getAndSet(0)));
  }

  /** Ends the calls, and waits for those that are open. Idempotent. */
  @Override
  public void close() {
    ended = true;
    for (Thread caller : callers) {
      try {
        caller.join(2 * IN_TIME.toMillis()); // its last try begins in time
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
