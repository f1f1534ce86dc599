package dev.tenon.sdk;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tenon.core.Reason;
import dev.tenon.v1.DrainRequest;
import dev.tenon.v1.DrainResponse;
import dev.tenon.v1.EndIntroductionsRequest;
import dev.tenon.v1.EndIntroductionsResponse;
import dev.tenon.v1.PluginControlGrpc;
import dev.tenon.v1.RenewIdentityRequest;
import dev.tenon.v1.RenewIdentityResponse;
import dev.tenon.v1.ShutdownRequest;
import dev.tenon.v1.ShutdownResponse;
import dev.tenon.v1.UpdateDirectRequest;
import dev.tenon.v1.UpdateDirectResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
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
  private final Direct direct;

  /** What is to know what the host says about direct calls. Must return at once. */
  interface Direct {
    /** Takes what the host says now, in place of what it said before. */
    void told(DirectTold now);

    /** Ends the introductions with {@code serials}. */
    void end(List<String> serials, OpenCalls calls);
  }

  /**
   * Makes the service; {@code renewal} begins one and tells later whether there is a new identity,
   * and {@code stop} gets the grace of a shutdown. Both must return at once.
   */
  PluginControlService(
      DrainGate gate,
      Timer timer,
      Supplier<CompletableFuture<Boolean>> renewal,
      Consumer<Duration> stop,
      Direct direct) {
    this.gate = gate;
    this.timer = timer;
    this.renewal = renewal;
    this.stop = stop;
    this.direct = direct;
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

  @Override
  public void updateDirect(
      UpdateDirectRequest request, StreamObserver<UpdateDirectResponse> response) {
    try {
      direct.told(DirectTold.of(request.getDirect()));
    } catch (BadAnswerException e) {
      direct.told(DirectTold.OFF);
      LOG.log(WARNING, "direct calls are off: {0}", e.getMessage());
      response.onError(Status.INVALID_ARGUMENT.withDescription("direct").asRuntimeException());
      return;
    }
    response.onNext(UpdateDirectResponse.getDefaultInstance());
    response.onCompleted();
  }

  @Override
  public void endIntroductions(
      EndIntroductionsRequest request, StreamObserver<EndIntroductionsResponse> response) {
    direct.end(request.getSerialsList(), request.getCut() ? OpenCalls.CUT : OpenCalls.KEPT);
    response.onNext(EndIntroductionsResponse.getDefaultInstance());
    response.onCompleted();
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
