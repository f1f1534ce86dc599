package dev.tenon.router;

import dev.tenon.core.NotGrantedException;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends a call whose service throws {@link NotGrantedException} with its status; gRPC would make
 * UNKNOWN of it, as of whatever else a service throws. Stateless.
 */
final class NotGranted implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    AtomicBoolean closed = new AtomicBoolean();
    ServerCall<Q, R> noted =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            closed.set(true);
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(noted, headers)) {
      @Override
      public void onMessage(Q message) {
        ending(() -> super.onMessage(message));
      }

      @Override
      public void onHalfClose() {
        ending(super::onHalfClose);
      }

      private void ending(Runnable step) {
        try {
          step.run();
        } catch (NotGrantedException e) {
          Metadata trailers = e.getTrailers();
          if (closed.compareAndSet(false, true)) {
            call.close(e.getStatus(), trailers == null ? new Metadata() : trailers);
          }
        }
      }
    };
  }
}
