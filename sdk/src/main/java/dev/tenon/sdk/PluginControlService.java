package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;

import dev.tenon.core.Reason;
import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.DrainResponse;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.RenewIdentityRequest;
import dev.tenon.v1.RenewIdentityResponse;
import dev.tenon.v1.ShutdownRequest;
import dev.tenon.v1.ShutdownResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What the host can tell this plugin: to drain, to renew its identity, and to end. Thread-safe. */
final class PluginControlService extends PluginControlGrpc.PluginControlImplBase {
  private static final System.Logger LOG = System.getLogger(PluginControlService.class.getName());

  private final DrainGate gate;
  private final Timer timer;
  private final Supplier<CompletableFuture<Boolean>> renewal;
  private final Consumer<Duration> stop;

  /**
   * Makes the service; {@code renewal} begins one and tells later whether there is a new identity,
   * and {@code stop} gets the grace of a shutdown. Both must return at once.
   */
  PluginControlService(
      DrainGate gate,
      Timer timer,
      Supplier<CompletableFuture<Boolean>> renewal,
      Consumer<Duration> stop) {
    this.gate = gate;
    this.timer = timer;
    this.renewal = renewal;
    this.stop = stop;
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> response) {
    Answer answer = new Answer(response);
    try {
      if (request.hasDeadline()) {
        timer.after(Durations.parse("deadline", request.getDeadline()), answer::send);
      }
    } catch (StatusRuntimeException e) {
      response.onError(e);
      return;
    }
    LOG.log(INFO, "drain: {0} calls in flight", gate.inFlight());
    var unused = gate.drain().thenRun(answer::send);
  }

  @Override
  public void shutdown(ShutdownRequest request, StreamObserver<ShutdownResponse> response) {
    Duration grace;
    try {
      grace = Durations.parse("grace", request.getGrace());
      LOG.log(INFO, "shutdown within {0}: {1}", grace, new Reason(request.getReason()));
    } catch (StatusRuntimeException e) {
      response.onError(e);
      return;
    } catch (IllegalArgumentException e) {
      response.onError(
          Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
      return;
    }
    // The gate closes before the answer, so that no call is let in after it; the plugin ends after.
    var unused = gate.drain();
    response.onNext(ShutdownResponse.getDefaultInstance());
    response.onCompleted();
    stop.accept(grace);
  }

  @Override
  public void renewIdentity(
      RenewIdentityRequest request, StreamObserver<RenewIdentityResponse> response) {
    // With a handler, an answer to a host that has hung up is dropped and not thrown.
    ((ServerCallStreamObserver<RenewIdentityResponse>) response).setOnCancelHandler(() -> {});
    var unused = renewal.get().thenAccept(isRenewed -> answer(response, isRenewed));
  }

  private static void answer(StreamObserver<RenewIdentityResponse> response, boolean isRenewed) {
    if (isRenewed) {
      response.onNext(RenewIdentityResponse.getDefaultInstance());
      response.onCompleted();
    } else {
      response.onError(Status.UNAVAILABLE.withDescription("not renewed").asRuntimeException());
    }
  }

  /** The one answer to a drain, sent by whichever comes first: no call left, or the deadline. */
  private final class Answer {
    private final AtomicBoolean sent = new AtomicBoolean();
    private final ServerCallStreamObserver<DrainResponse> response;

    Answer(StreamObserver<DrainResponse> response) {
      this.response = (ServerCallStreamObserver<DrainResponse>) response;
      // With a handler, an answer to a host that has hung up is dropped and not thrown.
      this.response.setOnCancelHandler(() -> {});
    }

    void send() {
      if (sent.compareAndSet(false, true)) {
        response.onNext(DrainResponse.newBuilder().setInFlight(gate.inFlight()).build());
        response.onCompleted();
      }
    }
  }
}
