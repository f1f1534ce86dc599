package dev.tenon.host;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.core.PluginState;
import dev.tenon.core.Reason;
import dev.tenon.host.control.PluginRun;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks each plugin outside the host, from time to time, whether it serves ({@code
 * grpc.health.v1.Health/Check} on its own server). Who does not answer gets no calls until it does;
 * a server without that service is alive. Thread-safe.
 */
final class HealthPolls implements AutoCloseable {
  private final Planes planes;
  private final HostSettings.HealthPolling polling;
  private @Nullable Future<?> schedule;

  HealthPolls(Planes planes, HostSettings.HealthPolling polling) {
    this.planes = planes;
    this.polling = polling;
  }

  /** Begins to ask, after one interval. */
  synchronized void start() {
    long nanos = polling.interval().toNanos();
    schedule =
        planes
            .threads()
            .timer()
            .scheduleAtFixedRate(this::askAll, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public synchronized void close() {
    if (schedule != null) {
      schedule.cancel(/* mayInterruptIfRunning= */ false);
    }
  }

  private void askAll() {
    planes.runs().all().stream().filter(HealthPolls::isToBeAsked).forEach(this::ask);
  }

  /** Before its first report a run gets no calls anyway; when it drains it need not answer. */
  private static boolean isToBeAsked(PluginRun run) {
    PluginState state = run.state();
    boolean hasReported =
        state instanceof PluginState.Healthy
            || state instanceof PluginState.Degraded
            || state instanceof PluginState.Unhealthy;
    return hasReported && run.process().filter(InProcessPlugin.class::isInstance).isEmpty();
  }

  /* The answer comes on a thread of the connection; taking it does not block. */
  private void ask(PluginRun run) {
    HealthGrpc.newStub(run.channels().control())
        .withDeadlineAfter(polling.timeout().toNanos(), TimeUnit.NANOSECONDS)
        .check(HealthCheckRequest.getDefaultInstance(), new Answer(run));
  }

  private void take(PluginRun run, Optional<String> fault) {
    try {
      if (fault.isPresent()) {
        planes.control().health().silent(run, new Reason(fault.get()));
      } else {
        planes.control().health().answered(run);
      }
    } catch (NotAuthenticatedException e) {
      // It has ended in the meantime.
    }
  }

  /** What one plugin answers to one question. */
  private final class Answer implements StreamObserver<HealthCheckResponse> {
    private final PluginRun run;

    Answer(PluginRun run) {
      this.run = run;
    }

    @Override
    public void onNext(HealthCheckResponse response) {
      boolean serves = response.getStatus() == HealthCheckResponse.ServingStatus.SERVING;
      take(run, serves ? Optional.empty() : Optional.of("says that it does not serve"));
    }

    @Override
    public void onError(Throwable error) {
      Status.Code code = Status.fromThrowable(error).getCode();
      boolean isAlive = code == Status.Code.UNIMPLEMENTED;
      take(run, isAlive ? Optional.empty() : Optional.of("does not answer: " + code));
    }

    @Override
    public void onCompleted() {}
  }
}
