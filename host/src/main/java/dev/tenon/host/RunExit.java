package dev.tenon.host;

import dev.tenon.core.RuntimeId;
import dev.tenon.host.control.ControlCalls;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.router.ConnectionAdmission;
import dev.tenon.router.Router;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How the calls and connections of a run end: at once when it was revoked or is gone, in their own
 * time when it is drained. Thread-safe.
 *
 * @param lastWords how long the calls of a run that is cut off may take to end before its
 *     connections do; nothing more is served on them meanwhile
 */
record RunExit(
    PluginRuns runs,
    Router router,
    ControlCalls controlCalls,
    ConnectionAdmission connections,
    Duration lastWords) {

  /** Ends the calls of a run that has lost its credentials, and then its connections. */
  void cut(RuntimeId run) {
    controlCalls.end(run);
    var unused =
        router
            .end(run)
            .completeOnTimeout(null, lastWords.toMillis(), TimeUnit.MILLISECONDS)
            .thenRun(() -> connections.end(run));
  }

  /**
   * Takes {@code run} out of service and returns at once what completes with the number of calls in
   * flight: zero when there are none left, or what there is after {@code most}.
   */
  CompletableFuture<Long> drained(PluginRun run, Duration most) {
    runs.withdraw(run);
    RuntimeId runtimeId = run.id().runtimeId();
    CompletableFuture<Void> drained = router.drained(runtimeId);
    return drained
        .completeOnTimeout(null, most.toNanos(), TimeUnit.NANOSECONDS)
        .thenApply(unused -> router.inFlight(runtimeId));
  }

  /**
   * Takes {@code run} out of service and waits until no call of it is in flight, for at most {@code
   * most}.
   *
   * @return how many are in flight still
   */
  long drain(PluginRun run, Duration most) throws InterruptedException {
    runs.withdraw(run);
    RuntimeId runtimeId = run.id().runtimeId();
    CompletableFuture<Void> drained = router.drained(runtimeId);
    try {
      drained.get(most.toNanos(), TimeUnit.NANOSECONDS);
      return 0;
    } catch (TimeoutException e) {
      return router.inFlight(runtimeId);
    } catch (ExecutionException e) {
      throw new AssertionError(e); // nobody fails it
    } finally {
      drained.cancel(/* mayInterruptIfRunning= */ false);
    }
  }
}
