package dev.tenon.host;

import dev.tenon.auth.audit.AuditFailedException;
import dev.tenon.core.PluginName;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.launch.LaunchedPlugin;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.ShutdownRequest;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends one plugin: its calls may end, then the Shutdown call, then SIGTERM, then SIGKILL, a grace
 * period for each.
 */
final class PluginStop {
  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  private final Duration grace;
  private final Planes planes;

  PluginStop(Duration grace, Planes planes) {
    this.grace = grace;
    this.planes = planes;
  }

  /** Ends {@code run} and returns when its process is gone and reaped. */
  void stop(PluginRun run) {
    stop(run, grace);
  }

  /**
   * Ends {@code run} for the host, which ends: whoever serves it was started by others, goes on
   * without the host, and comes again when that is back.
   */
  void leave(PluginRun run) {
    takeOut(run, grace);
    run.process().ifPresent(LaunchedPlugin::terminate);
    planes.runs().ended(run, "was left");
    awaitChannel(run);
  }

  /** Takes {@code run} out of service, and returns whether it was in it. */
  private boolean takeOut(PluginRun run, Duration calls) {
    boolean wasUp = run.healthy().isDone() && !run.state().isEnd();
    run.stopping();
    record(run);
    if (wasUp) {
      drain(run, calls);
    }
    return wasUp;
  }

  /** Ends {@code run}, whose calls may take as long as {@code calls}, as {@link #stop} does. */
  void stop(PluginRun run, Duration calls) {
    boolean wasUp = takeOut(run, calls);
    run.process()
        .ifPresent(
            process -> {
              List<ProcessHandle> children = children(process);
              end(run, process, wasUp);
              children.forEach(ProcessHandle::destroyForcibly);
            });
    planes.runs().ended(run, "was stopped");
    awaitChannel(run);
  }

  /** Waits for the calls in flight; what is left of them after their grace is ended here. */
  private void drain(PluginRun run, Duration calls) {
    try {
      long left = planes.exit().drain(run, calls);
      if (left > 0) {
        LOG.log(
            Level.WARNING,
            "plugin {0} is stopped with {1} calls in flight",
            run.id().runtimeId(),
            left);
        run.channels().closeToCallers();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what the plugin has started; a plugin that ends in good order may leave it behind. */
  private static List<ProcessHandle> children(LaunchedPlugin process) {
    return process.pid().stream()
        .boxed()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .flatMap(ProcessHandle::descendants)
        .toList();
  }

  private void record(PluginRun run) {
    try {
      planes
          .audit()
          .success(
              "lifecycle",
              PluginName.HOST,
              "stop",
              run.id().runtimeId().value(),
              Map.of("reason", "the host stops it"));
    } catch (AuditFailedException e) {
      LOG.log(Level.WARNING, "the stop of {0} could not be recorded", run.id().runtimeId());
    }
  }

  private void end(PluginRun run, LaunchedPlugin process, boolean wasUp) {
    if (wasUp && askToEnd(run) && hasEnded(process)) {
      return;
    }
    process.terminate();
    if (!hasEnded(process)) {
      LOG.log(Level.WARNING, "plugin {0} is killed: it did not end", run.id().runtimeId());
      process.kill();
      process.exit().join();
    }
  }

  private boolean askToEnd(PluginRun run) {
    try {
      PluginControlGrpc.newBlockingStub(run.channels().control())
          .withDeadlineAfter(grace.toMillis(), TimeUnit.MILLISECONDS)
          .shutdown(
              ShutdownRequest.newBuilder()
                  .setGrace(
                      com.google.protobuf.Duration.newBuilder()
                          .setSeconds(grace.getSeconds())
                          .setNanos(grace.getNano()))
                  .setReason("the host stops the plugin")
                  .build());
      return true;
    } catch (StatusRuntimeException e) {
      LOG.log(Level.DEBUG, () -> "plugin " + run.id().runtimeId() + " does not answer Shutdown");
      return false;
    }
  }

  private boolean hasEnded(LaunchedPlugin process) {
    try {
      var unused = process.exit().get(grace.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.kill();
      return false;
    }
  }

  private void awaitChannel(PluginRun run) {
    try {
      run.channels().awaitClosed(grace);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
