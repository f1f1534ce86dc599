package dev.tenon.host.control;

import dev.tenon.transport.EndableCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends calls that last longer than a limit of the server's, whatever deadline the caller set. Of a
 * call that is answered with a stream only the request must come within the limit; the stream ends
 * with its connection at the latest.
 */
final class CallTimeout implements ServerInterceptor {
  private final Duration limit;
  private final ScheduledExecutorService timer;

  CallTimeout(Duration limit, ScheduledExecutorService timer) {
    this.limit = limit;
    this.timer = timer;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    EndableCall<Q, R> guarded = new EndableCall<>(call);
    ScheduledFuture<?> expiry =
        timer.schedule(
            () ->
                guarded.close(
                    Status.DEADLINE_EXCEEDED.withDescription("call took too long"), new Metadata()),
            limit.toMillis(),
            TimeUnit.MILLISECONDS);
    return new SimpleForwardingServerCallListener<>(next.startCall(guarded, headers)) {
      @Override
      public void onHalfClose() {
        if (!call.getMethodDescriptor().getType().serverSendsOneMessage()) {
          expiry.cancel(false);
        }
        super.onHalfClose();
      }

      @Override
      public void onComplete() {
        expiry.cancel(false);
        super.onComplete();
      }

      @Override
      public void onCancel() {
        expiry.cancel(false);
        super.onCancel();
      }
    };
  }
}
