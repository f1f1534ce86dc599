package dev.tenon.sdk.client;

import dev.tenon.core.ServiceState;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a service regularly whether it serves, and tells when that changes. */
final class HealthMonitor {
  /** How long after an answer it asks again. */
  static final Duration INTERVAL = Duration.ofSeconds(30);

  /** How long an answer may take. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final HealthGrpc.HealthBlockingStub health;
  private final HealthCheckRequest question;
  private final Consumer<ServiceState> told;

  /** What was told last; touched by the pulse alone. */
  private @Nullable ServiceState last;

  /** What repeats a task. */
  @FunctionalInterface
  interface Pulse {
    /**
     * Runs {@code task} now, and {@code pause} after each end of it, until what it returns runs.
     */
    Runnable every(Duration pause, Runnable task);

    /** Returns one on a thread of its own, which is there while it runs. */
    static Pulse onThread(String name) {
      return (pause, task) -> {
        ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                body -> {
                  Thread made = new Thread(body, name);
                  made.setDaemon(true);
                  return made;
                });
        var unused = thread.scheduleWithFixedDelay(task, 0, pause.toNanos(), TimeUnit.NANOSECONDS);
        return thread::shutdownNow;
      };
    }
  }

  /** Makes a monitor of {@code service}, by the name that its server knows it by. */
  HealthMonitor(Channel channel, String service, Consumer<ServiceState> told) {
    health = HealthGrpc.newBlockingStub(channel);
    question = HealthCheckRequest.newBuilder().setService(service).build();
    this.told = told;
  }

  /** Begins, and returns what ends it. */
  Runnable begin(Pulse pulse) {
    return pulse.every(INTERVAL, this::look);
  }

  private void look() {
    ServiceState now = ask();
    if (now != last && !Thread.currentThread().isInterrupted()) {
      last = now;
      try {
        told.accept(now);
      } catch (RuntimeException e) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
    }
  }

  private ServiceState ask() {
    try {
      ServingStatus status =
          health
              .withDeadlineAfter(TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)
              .check(question)
              .getStatus();
      return status == ServingStatus.SERVING ? ServiceState.AVAILABLE : ServiceState.UNAVAILABLE;
    } catch (StatusRuntimeException e) {
      return ServiceState.UNAVAILABLE; // Also of a server that has no health service.
    }
  }
}
