package dev.tenon.host;

import dev.tenon.auth.EnrolmentTokens;
import dev.tenon.host.control.PluginRun;
import dev.tenon.host.control.PluginRuns;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.RenewIdentityRequest;
import dev.tenon.v1.RenewIdentityResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Asks plugins to renew their identity now and to connect anew, so that a change of trust need not
 * wait for their half life. Thread-safe.
 */
final class RenewalRequests {
  /** How long one request may take: a renewal, and a new connection to the host. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** The pause before a plugin that did not renew is asked again. */
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final PluginRuns runs;
  private final ScheduledExecutorService timer;

  RenewalRequests(PluginRuns runs, ScheduledExecutorService timer) {
    this.runs = runs;
    this.timer = timer;
  }

  /**
   * Asks every run that has a certificate, and those that are about to enrol once they have. The
   * result tells whether all have renewed; it may never come while one does not answer. Completing
   * it ends the asking.
   */
  CompletableFuture<Boolean> askAll() {
    List<Request> requests =
        runs.all().stream().filter(run -> !run.state().isEnd()).map(Request::new).toList();
    CompletableFuture<Boolean> all =
        CompletableFuture.allOf(
                requests.stream().map(request -> request.done).toArray(CompletableFuture[]::new))
            .thenApply(done -> requests.stream().allMatch(request -> request.done.join()));
    var unused =
        all.whenComplete(
            (done, failure) -> requests.forEach(request -> request.done.complete(false)));
    requests.forEach(Request::begin);
    return all;
  }

  /** The requests to one run, until one is answered or the run has ended. */
  private final class Request implements StreamObserver<RenewIdentityResponse> {
    private final PluginRun run;
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();

    Request(PluginRun run) {
      this.run = run;
    }

    /** Who has not enrolled while its token lives does not do so with the trust of then. */
    void begin() {
      var unused =
          run.enrolled()
              .orTimeout(EnrolmentTokens.DEFAULT_LIFE.toMillis(), TimeUnit.MILLISECONDS)
              .whenComplete(
                  (enrolled, failure) -> {
                    if (failure == null && run.certifiedUntil().isPresent()) {
                      ask();
                    } else {
                      done.complete(true); // ended, in this process, or not enrolled yet
                    }
                  });
    }

    private void ask() {
      if (run.state().isEnd()) {
        done.complete(true);
      } else if (!done.isDone()) {
        PluginControlGrpc.newStub(run.channels().control())
            .withWaitForReady()
            .withDeadlineAfter(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
            .renewIdentity(RenewIdentityRequest.getDefaultInstance(), this);
      }
    }

    @Override
    public void onNext(RenewIdentityResponse response) {
      done.complete(true);
    }

    @Override
    public void onError(Throwable error) {
      if (Status.fromThrowable(error).getCode() == Status.Code.UNIMPLEMENTED) {
        done.complete(false); // It renews at half life.
      } else {
        var unused = timer.schedule(this::ask, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void onCompleted() {}
  }
}
