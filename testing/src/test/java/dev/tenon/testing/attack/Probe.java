package dev.tenon.testing.attack;

import com.google.protobuf.ByteString;
import dev.tenon.testservice.v1.EchoGrpc;
import dev.tenon.testservice.v1.EchoRequest;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Oracle O2: the innocent plugin's calls succeed all through an attack, every 50 ms.
 *
 * <p>Their 99th percentile is compared with twice the idle one, but never with less than 2 s: host,
 * attackers and test share one JVM on a machine that has other work. The bound catches a host that
 * an attack has stopped, not one that it has slowed; how fast the host is, is the benchmarks' to
 * say. Thread-safe.
 */
final class Probe implements AutoCloseable {
  private static final long PERIOD_MILLIS = 50;
  private static final long FLOOR_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int IDLE_CALLS = 40;
  private static final EchoRequest REQUEST =
      EchoRequest.newBuilder().setPayload(ByteString.copyFromUtf8("probe")).build();

  private final EchoGrpc.EchoBlockingStub echo;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "probe");
            thread.setDaemon(true);
            return thread;
          });

  /*
   * `nanos` and `failures` are guarded by `this`.
   */
  private final List<Long> nanos = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private long idle;

  Probe(RawPlugin innocent) {
    echo = EchoGrpc.newBlockingStub(innocent.data(innocent.bearer()));
  }

  /** Measures while nothing else happens, and goes on every 50 ms from then on. */
  void start() {
    for (int call = 0; call < IDLE_CALLS; call++) {
      call();
    }
    synchronized (this) {
      idle = percentile99();
    }
    var unused =
        timer.scheduleAtFixedRate(this::call, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Forgets all calls up to now. */
  synchronized void begin() {
    nanos.clear();
    failures.clear();
  }

  /** Makes one call. */
  void call() {
    long start = System.nanoTime();
    String failure = failure();
    long took = System.nanoTime() - start;
    synchronized (this) {
      nanos.add(took);
      if (!failure.isEmpty()) {
        failures.add(failure);
      }
    }
  }

  private String failure() {
    try {
      ByteString answer = echo.withDeadlineAfter(60, TimeUnit.SECONDS).unary(REQUEST).getPayload();
      return answer.equals(REQUEST.getPayload()) ? "" : "another answer";
    } catch (StatusRuntimeException e) {
      return e.getStatus().toString();
    }
  }

  private long percentile99() {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    return sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1);
  }

  /** Makes a last call, and returns what was wrong since the beginning. */
  List<String> violations() {
    call();
    synchronized (this) {
      List<String> violations = new ArrayList<>();
      if (!failures.isEmpty()) {
        violations.add(
            "O2: " + failures.size() + " of " + nanos.size() + " probes: " + failures.get(0));
      }
      long most = Math.max(2 * idle, FLOOR_NANOS);
      if (percentile99() > most) {
        violations.add(
            "O2: 99th percentile " + percentile99() + " ns (expected: at most " + most + ")");
      }
      return violations;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
