package dev.tenon.host.control;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
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
    Guarded<Q, R> guarded = new Guarded<>(call);
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

  /** A call that the timer may close while its handler answers: the first of the two wins. */
  private static final class Guarded<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean closed;

    Guarded(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
